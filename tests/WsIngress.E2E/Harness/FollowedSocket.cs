using System.Net.WebSockets;
using System.Text;
using Xunit;

namespace WsIngress.E2E.Harness;

/// <summary>A socket with a reader of its own, as real clients have one: it answers a Close at once and notes that it ended.</summary>
internal sealed class FollowedSocket : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket;
    private readonly Task _reading;
    private volatile TaskCompletionSource<string> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _end;

    private FollowedSocket(ClientWebSocket socket)
    {
        _socket = socket;
        Pod = LocalSocket.PodOf(socket);
        _reading = ReadAsync();
    }

    public string Pod { get; }

    /// <summary>How it ended; null while it is open.</summary>
    public string? End => _end;

    /// <summary>When, as a timestamp.</summary>
    public long EndedAt { get; private set; }

    /// <summary>Completes with its end.</summary>
    public Task Ended => _reading;

    public static async Task<FollowedSocket> OpenAsync(int port, string host) => new(await LocalSocket.ConnectAsync(port, host));

    /// <summary>One at a time.</summary>
    public async Task<string> EchoAsync(string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        var answer = _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
        return await answer.Task.WaitAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1024];
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } part)
            {
                Assert.True(part.EndOfMessage);
                _next.TrySetResult(Encoding.UTF8.GetString(buffer, 0, part.Count));
            }

            EndedAt = TimeProvider.System.GetTimestamp();
            _end = $"Close {(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}";
            await _socket.CloseOutputAsync(_socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception cut) when (cut is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            EndedAt = TimeProvider.System.GetTimestamp();
            _end ??= $"cut: {cut.Message}";
        }

        _next.TrySetException(new IOException($"the socket with {Pod} has ended: {_end}"));
    }
}
