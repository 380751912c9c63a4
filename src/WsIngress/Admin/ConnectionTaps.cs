using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WsIngress.Cli;
using WsIngress.Proxy;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;

namespace WsIngress.Admin;

/// <summary>
/// <c>POST /connections/ID/tap</c>: the frames of one socket while they pass, a JSON object a line. <c>for</c> bounds it (30s; 10m at most), <c>payload=true</c>
/// adds the beginning of each payload and is logged. At most eight at once: each may hold a thousand frames.
/// </summary>
internal sealed class ConnectionTaps(DataPlane plane, TimeProvider time, ILogger logger)
{
    private const int MostTaps = 8;
    private static readonly TimeSpan DefaultLength = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private int _open;

    /// <exception cref="FormatException">Names the parameter, its value and what is allowed; before anything was answered.</exception>
    public Task AnswerAsync(HttpContext http, string id)
    {
        var query = http.Request.Query;
        AdminQuery.Check(query, "for", "payload");
        var length = DefaultLength;
        if (query["for"] is [{ Length: > 0 } text] && (!DurationText.TryParse(text, out length) || length <= TimeSpan.Zero || length > Longest))
        {
            throw new FormatException($"for: '{text}' cannot be used; allowed: up to 10m, as {DurationText.Allowed}");
        }

        var withPayload = query["payload"].ToString() switch
        {
            "" or "false" => false,
            "true" => true,
            var other => throw new FormatException($"payload: '{other}' cannot be used; allowed: true or false"),
        };
        return TapAsync(http, id, length, withPayload);
    }

    private async Task TapAsync(HttpContext http, string id, TimeSpan length, bool withPayload)
    {
        if (!plane.Sockets.TryFind(id, out var session))
        {
            await SayAsync(http, StatusCodes.Status404NotFound, $"no socket {id} is open");
            return;
        }

        var tap = new FrameTap(withPayload, time);
        try
        {
            if (Interlocked.Increment(ref _open) > MostTaps)
            {
                await SayAsync(http, StatusCodes.Status429TooManyRequests, $"{MostTaps} taps are on, which is the most; wait for one to end");
            }
            else if (!session.TryAttach(tap))
            {
                await SayAsync(http, StatusCodes.Status409Conflict, $"socket {id} has another tap, or has just ended");
            }
            else
            {
                Log(http, id, length, withPayload);
                await ShowAsync(http, session, tap, length, withPayload);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Who asked has left.
        }
        finally
        {
            session.Detach(tap);
            Interlocked.Decrement(ref _open);
        }
    }

    private void Log(HttpContext http, string id, TimeSpan length, bool withPayload)
    {
        var client = $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}";
        if (withPayload)
        {
            AdminLog.TappedWithPayload(logger, id, length.TotalSeconds, client);
        }
        else
        {
            AdminLog.Tapped(logger, id, length.TotalSeconds, client);
        }
    }

    private async Task ShowAsync(HttpContext http, RelaySession session, FrameTap tap, TimeSpan length, bool withPayload)
    {
        http.Response.ContentType = "application/x-ndjson";
        var output = http.Response.BodyWriter;
        using var late = new CancellationTokenSource(length, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, http.RequestAborted);
        TapJson.Begin(output, (SocketFacts)session.Tag!, time.GetUtcNow() + length, withPayload);
        try
        {
            do
            {
                while (tap.Frames.TryRead(out var frame))
                {
                    TapJson.Frame(output, frame);
                    if (output.UnflushedBytes > 16 * 1024)
                    {
                        await output.FlushAsync(either.Token);
                    }
                }

                await output.FlushAsync(either.Token);
            }
            while (await tap.Frames.WaitToReadAsync(either.Token));
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // The time is up.
        }

        TapJson.End(output, tap);
        await output.FlushAsync(http.RequestAborted);
    }

    private static Task SayAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(text + "\n");
    }
}
