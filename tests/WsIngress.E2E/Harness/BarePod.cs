using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WsIngress.E2E.Harness;

/// <summary>A pod on a bare listener in the test's process: cheap enough for many thousands of connections, and as ill-behaved as a path says.</summary>
internal sealed class BarePod : IAsyncDisposable
{
    /// <summary>The answer to <see cref="BareSocket.Key"/> (RFC 6455 §1.3).</summary>
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static readonly byte[] Switch = Encoding.ASCII.GetBytes(
        $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {Accept}\r\n\r\n");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public BarePod()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        _ = AcceptAsync();
    }

    public Pod Pod => new("bare", ((IPEndPoint)_listener.LocalEndPoint!).Port);

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

    private static async Task ServeAsync(Socket socket)
    {
        using var one = socket;
        try
        {
            var buffer = new byte[2048];
            var length = 0;
            while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                var count = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None);
                if (count == 0)
                {
                    return;
                }

                length += count;
            }

            await AnswerAsync(socket, Encoding.ASCII.GetString(buffer, 4, buffer.AsSpan(4).IndexOf((byte)' ')));
        }
        catch (SocketException)
        {
        }
    }

    private static async Task AnswerAsync(Socket socket, string path)
    {
        switch (path)
        {
            case "/pod-resets":
                Reset(socket);
                return;
            case "/pod-stops-in-its-head":
                await socket.SendAsync(Switch.AsMemory(0, 40));
                return;
            case "/pod-refuses":
                await socket.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"u8.ToArray());
                return;
            case "/pod-dies":
                await socket.SendAsync(Switch);
                Reset(socket);
                return;
        }

        await socket.SendAsync(Switch);
        await socket.SendAsync(BareSocket.Greeting);
        await CloseWithClientAsync(socket);
    }

    /// <summary>Answers the first thing that the client says with a Close, and ends.</summary>
    private static async Task CloseWithClientAsync(Socket socket)
    {
        // An idle socket holds no buffer here: a read of nothing waits.
        await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        if (await socket.ReceiveAsync(new byte[256], SocketFlags.None) > 0)
        {
            await socket.SendAsync(BareSocket.Close);
        }
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
