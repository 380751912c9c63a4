using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace WsIngress.Echo;

/// <summary>
/// Answers one request of an echo pod. A WebSocket handshake on any path is an echo, but for <c>/status/NNN</c> (refused with that
/// status) and <c>/close/CODE?reason=</c> (accepted, then closed). Plain requests: <c>/sse</c>, <c>/status/NNN</c>, <c>/headers</c>,
/// <c>/slow?ms=</c>, <c>/upload</c>; any other path tells who answers and what it saw.
/// </summary>
internal sealed class EchoHandler(string name, EchoSockets sockets, TimeProvider time)
{
    private const int LongestWait = 600_000;

    public Task HandleAsync(HttpContext context)
    {
        context.Response.Headers["X-Pod-Name"] = name;
        var path = context.Request.Path.Value ?? "/";
        var (verb, argument) = Split(path);
        return verb switch
        {
            "status" when TryNumber(argument, 200, 599, out var status) => StatusAsync(context, status),
            "close" when context.WebSockets.IsWebSocketRequest && TryNumber(argument, 1000, 4999, out var code) => CloseAsync(context, code),
            _ when context.WebSockets.IsWebSocketRequest => EchoAsync(context),
            "sse" => EchoStream.WriteAsync(context, name, time),
            "headers" => EchoAnswer.WriteJsonAsync(context, name),
            "slow" => SlowAsync(context),
            "upload" when HttpMethods.IsPost(context.Request.Method) || HttpMethods.IsPut(context.Request.Method) => UploadAsync(context),
            _ => EchoAnswer.WriteAsync(context, name),
        };
    }

    /// <summary>A whole number from the query, or <paramref name="otherwise"/> when it is absent or out of range.</summary>
    public static int Query(HttpContext context, string key, int least, int most, int otherwise) =>
        TryNumber(context.Request.Query[key].ToString(), least, most, out var value) ? value : otherwise;

    private static (string Verb, string Argument) Split(string path)
    {
        var rest = path.TrimStart('/');
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
    }

    private static bool TryNumber(string text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    private async Task EchoAsync(HttpContext context)
    {
        using var socket = await AcceptAsync(context);
        await sockets.HoldAsync(socket, s => EchoConversation.RunAsync(s, context.RequestAborted));
    }

    private async Task CloseAsync(HttpContext context, int code)
    {
        var reason = context.Request.Query["reason"].ToString();
        // A reason is at most 123 bytes (RFC 6455 section 5.5); codes that stand for the absence of a Close frame cannot be sent.
        if (Encoding.UTF8.GetByteCount(reason) > 123 || code is 1004 or 1005 or 1006 or 1015)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("a Close frame takes a code that may be sent (not 1004, 1005, 1006, 1015) and a reason of at most 123 bytes\n");
            return;
        }

        using var socket = await AcceptAsync(context);
        await sockets.HoldAsync(socket, s => EchoConversation.CloseAsync(s, code, reason.Length == 0 ? null : reason, context.RequestAborted));
    }

    private static Task<System.Net.WebSockets.WebSocket> AcceptAsync(HttpContext context) =>
        context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(),
            // Compression beside secrets in one message is the danger; an echo has no secrets of its own.
            DangerousEnableCompression = true,
        });

    private Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return status is 204 or 205 or 304
            ? Task.CompletedTask
            : context.Response.WriteAsync($"status {status} from {name}\n", context.RequestAborted);
    }

    private async Task SlowAsync(HttpContext context)
    {
        var wait = TimeSpan.FromMilliseconds(Query(context, "ms", 0, LongestWait, 1000));
        await Task.Delay(wait, time, context.RequestAborted);
        await context.Response.WriteAsync($"{name} answered after {wait.TotalMilliseconds} ms\n", context.RequestAborted);
    }

    private static async Task UploadAsync(HttpContext context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var total = 0L;
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                total += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await context.Response.WriteAsync($"{total} bytes\n", context.RequestAborted);
    }
}
