using System.Collections.Concurrent;
using System.Net.WebSockets;

namespace WsIngress.Echo;

/// <summary>The open sockets of one echo pod, so that its end can be told to each of them.</summary>
internal sealed class EchoSockets
{
    private readonly ConcurrentDictionary<WebSocket, Task> _open = new();

    public int Count => _open.Count;

    /// <summary>Runs <paramref name="conversation"/> and counts the socket as open meanwhile.</summary>
    public async Task HoldAsync(WebSocket socket, Func<WebSocket, Task> conversation)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[socket] = ended.Task;
        try
        {
            await conversation(socket);
        }
        finally
        {
            _open.TryRemove(socket, out _);
            ended.SetResult();
        }
    }

    /// <summary>Sends Close 1001 to all, waits up to <paramref name="patience"/> for their answers, then cuts the rest off.</summary>
    public async Task CloseAllAsync(TimeSpan patience)
    {
        var open = _open.ToArray();
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await Task.WhenAll(open.Select(entry => SayGoodbyeAsync(entry.Key, limit.Token)));
            await Task.WhenAll(open.Select(entry => entry.Value)).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            foreach (var entry in open)
            {
                entry.Key.Abort();
            }
        }
    }

    private static async Task SayGoodbyeAsync(WebSocket socket, CancellationToken cancellation)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "echo pod is shutting down", cancellation);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or IOException)
        {
            // The peer left first; there is nobody to tell.
        }
    }
}
