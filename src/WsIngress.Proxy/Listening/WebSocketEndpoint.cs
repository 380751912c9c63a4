using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Telemetry;
using WsIngress.Transport.Kestrel;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Listening;

/// <summary>Carries a WebSocket between ASP.NET's server and the handshake pipeline, and the open socket to the relay.</summary>
internal sealed class WebSocketEndpoint(HandshakePipeline pipeline, SocketRelays relays, IProxyTelemetry telemetry, TimeProvider time)
{
    public async Task HandleAsync(HttpContext http, WebSocketKind kind, string id)
    {
        relays.Enter();
        try
        {
            // Two steps, so that an open socket holds nothing of its handshake but what is in here.
            if (await HandshakeAsync(http, kind, id) is { } open)
            {
                await relays.RunAsync(open, kind == WebSocketKind.ExtendedConnect ? () => http.Response.CompleteAsync() : null);
            }
        }
        finally
        {
            relays.Leave();
        }
    }

    /// <summary>The open socket, or null when the client got another answer or is gone.</summary>
    private async Task<OpenSocket?> HandshakeAsync(HttpContext http, WebSocketKind kind, string id)
    {
        var started = time.GetTimestamp();
        LiftHttpLimits(http);
        var request = WebSocketRequest.Read(http, kind);
        var loop = http.Features.Get<IDetachFeature>()?.Loop;
        using var limit = new HandshakeLimit(loop, time, http.RequestAborted);
        var result = await pipeline.RunAsync(request, id, loop, limit);
        if (result is HandshakeRefused refused)
        {
            telemetry.HandshakeCompleted(refused.ToFacts(refused.Status, refused.Refusal, refused.Detail, time.GetElapsedTime(started)));
            await RefuseAsync(http, refused);
            return null;
        }

        var accepted = (HandshakeAccepted)result;
        Stream client;
        try
        {
            if (kind == WebSocketKind.Upgrade && http.Features.Get<IDetachFeature>() is { } detach)
            {
                // What follows up to the relay is one turn of the loop: nothing reads or writes between the 101 and the hand-over.
                await detach.Loop.SwitchTo();
                client = await OpenAsync(http, kind, accepted);

                // A client that was slow to take earlier answers has had the 101 wait, and the wait ended elsewhere.
                await detach.Loop.SwitchTo();
                if (TryDetach(http, detach, accepted, started))
                {
                    return null;
                }
            }
            else
            {
                client = await OpenAsync(http, kind, accepted);
            }
        }
        catch (Exception error)
        {
            await accepted.Connection.DisposeAsync();
            if (http.RequestAborted.IsCancellationRequested || error is IOException or OperationCanceledException)
            {
                telemetry.HandshakeCompleted(accepted.ToFacts(499, HandshakeRefusal.ClientGone, error.Message, time.GetElapsedTime(started)));
                http.Abort();
                return null;
            }

            telemetry.HandshakeCompleted(accepted.ToFacts(500, HandshakeRefusal.InternalError, error.Message, time.GetElapsedTime(started)));
            throw;
        }

        telemetry.HandshakeCompleted(accepted.ToFacts(http.Response.StatusCode, HandshakeRefusal.None, null, time.GetElapsedTime(started)));
        return new OpenSocket(accepted.ToSocketFacts(), client, accepted.Connection) { Request = accepted.Request };
    }

    /// <summary>Takes both sockets out of HTTP and starts their relay.</summary>
    private bool TryDetach(HttpContext http, IDetachFeature detach, HandshakeAccepted accepted, long started)
    {
        var connection = accepted.Connection;
        if (connection.Stream is not LoopStream pod || pod.Socket.Loop != detach.Loop || !detach.TryDetach(out var client, out var early))
        {
            return false;
        }

        connection.TryDetach(out var bare);
        telemetry.HandshakeCompleted(accepted.ToFacts(http.Response.StatusCode, HandshakeRefusal.None, null, time.GetElapsedTime(started)));
        relays.Start(detach.Loop, accepted.ToSocketFacts(), accepted.Request, client, bare, early, connection.TakeEarly());
        return true;
    }

    /// <summary>Limits that are about requests with a body must not end a socket.</summary>
    private static void LiftHttpLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static async Task<Stream> OpenAsync(HttpContext http, WebSocketKind kind, HandshakeAccepted accepted)
    {
        Copy(accepted.Headers, http.Response.Headers);
        if (kind == WebSocketKind.ExtendedConnect)
        {
            http.Response.StatusCode = StatusCodes.Status200OK;
            return await http.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        }

        http.Response.Headers.Upgrade = "websocket";
        return await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    private async Task RefuseAsync(HttpContext http, HandshakeRefused refused)
    {
        if (refused.Answer is not { } answer)
        {
            if (refused.Refusal == HandshakeRefusal.ClientGone)
            {
                http.Abort();
                return;
            }

            Copy(refused.Headers, http.Response.Headers);
            await LocalAnswer.WriteAsync(http, refused.Status, refused.Text);
            return;
        }

        var wait = refused.Request.Route!.Policy.WebSocket.HandshakeTimeout;
        using var limit = new CancellationTokenSource(wait > TimeSpan.Zero ? wait : Timeout.InfiniteTimeSpan, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, http.RequestAborted);
        await using (answer.Connection)
        {
            http.Response.StatusCode = refused.Status;
            Copy(refused.Headers, http.Response.Headers);
            try
            {
                await http.Response.Body.FlushAsync(both.Token);
                await answer.Body.CopyToAsync(http.Response.Body, both.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The client must not take half of the pod's answer for all of it.
                http.Abort();
            }
        }
    }

    private static void Copy(HeaderList from, IHeaderDictionary to)
    {
        foreach (var field in from)
        {
            to.Append(field.Name, field.Value);
        }
    }
}
