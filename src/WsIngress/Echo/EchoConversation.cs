using System.Buffers;
using System.Net.WebSockets;

namespace WsIngress.Echo;

/// <summary>
/// Sends back what comes: text as text, binary as binary, a fragmented message fragmented, and the peer's Close with its own code
/// and reason (System.Net.WebSockets reads a Close without a code as 1000, and so it is answered). A frame larger than the buffer comes back as several fragments of the same message.
/// </summary>
internal static class EchoConversation
{
    private const int SmallBuffer = 4 * 1024;
    private const int LargeBuffer = 64 * 1024;

    public static async Task RunAsync(WebSocket socket, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    await AnswerCloseAsync(socket, cancellation);
                    return;
                }

                if (socket.State is WebSocketState.Open)
                {
                    await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, cancellation);
                }

                // Most sockets say little: the large buffer is for those that fill the small one.
                if (received.Count == buffer.Length && buffer.Length < LargeBuffer)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(LargeBuffer);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Closes with <paramref name="code"/> at once and waits for the peer's answer.</summary>
    public static async Task CloseAsync(WebSocket socket, int code, string? reason, CancellationToken cancellation)
    {
        try
        {
            await socket.CloseAsync((WebSocketCloseStatus)code, reason, cancellation);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }
    }

    private static Task AnswerCloseAsync(WebSocket socket, CancellationToken cancellation) =>
        socket.State is WebSocketState.CloseReceived
            ? socket.CloseOutputAsync(
                socket.CloseStatus!.Value,
                socket.CloseStatusDescription,
                cancellation)
            : Task.CompletedTask;
}
