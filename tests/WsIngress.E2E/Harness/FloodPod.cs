using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WsIngress.E2E.Harness;

/// <summary>A pod that sends as much as is taken of it, and notes when and with what it was told to stop.</summary>
internal sealed class FloodPod : IAsyncDisposable
{
    private static readonly byte[] Switch = Encoding.ASCII.GetBytes(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _frame = [0x82, 126, 0xFF, 0xFF, .. new byte[0xFFFF]];
    private long _sent;

    public FloodPod()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        _ = AcceptAsync();
    }

    public Pod Pod => new("flood", ((IPEndPoint)_listener.LocalEndPoint!).Port);

    /// <summary>Bytes that were taken of all sockets together.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Of each socket that got a Close: when, the time from its last byte that was taken, and the reason.</summary>
    public ConcurrentQueue<(long At, TimeSpan After, string Reason)> Closes { get; } = new();

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var one = socket;
        try
        {
            var buffer = new byte[2048];
            var length = 0;
            while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                length += await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None) is > 0 and var count ? count : throw new SocketException();
            }

            await socket.SendAsync(Switch);
            var taken = new Taken();
            var flood = FloodAsync(socket, taken);
            length = await socket.ReceiveAsync(buffer, SocketFlags.None);
            var now = TimeProvider.System.GetTimestamp();
            Closes.Enqueue((now, TimeProvider.System.GetElapsedTime(taken.At, now), Reason(buffer.AsSpan(0, length))));
            socket.Close();
            await flood;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task FloodAsync(Socket socket, Taken taken)
    {
        try
        {
            while (true)
            {
                var count = await socket.SendAsync(_frame);
                taken.At = TimeProvider.System.GetTimestamp();
                Interlocked.Add(ref _sent, count);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Of a masked Close frame, unmasked.</summary>
    private static string Reason(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 8 || frame[0] != 0x88)
        {
            return "";
        }

        var payload = frame[6..].ToArray();
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= frame[2 + (i & 3)];
        }

        return Encoding.UTF8.GetString(payload, 2, payload.Length - 2);
    }

    private sealed class Taken
    {
        private long _at = TimeProvider.System.GetTimestamp();

        public long At
        {
            get => Volatile.Read(ref _at);
            set => Volatile.Write(ref _at, value);
        }
    }
}
