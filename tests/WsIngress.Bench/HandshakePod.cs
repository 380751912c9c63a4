using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Bench;

/// <summary>A pod that takes every handshake, says its name in the answer and leaves when its client does.</summary>
internal sealed class HandshakePod : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public HandshakePod(string name)
    {
        Name = name;
        _listener.Start(1024);
        _ = AcceptAsync();
    }

    public string Name { get; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    /// <summary>One handshake through the proxy: the pod that took it, or the status of the refusal.</summary>
    public static async Task<string> AskAsync(IPEndPoint proxy, string host)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(proxy);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var head = await HeadAsync(socket);
        var at = head.IndexOf("X-Pod: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? head.Split(' ')[1] : head[(at + 7)..head.IndexOf('\r', at)];
    }

    private static async Task<string> HeadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (length < buffer.Length && await socket.ReceiveAsync(buffer.AsMemory(length)) is var read and > 0)
        {
            length += read;
            var head = Encoding.ASCII.GetString(buffer, 0, length);
            if (head.Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                return head;
            }
        }

        throw new IOException("no answer");
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                var head = await HeadAsync(socket);
                var at = head.IndexOf("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase) + 19;
#pragma warning disable CA5350 // RFC 6455 fixes SHA-1.
                var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(head[at..head.IndexOf('\r', at)] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Pod: {Name}\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
                var rest = new byte[256];
                while (await socket.ReceiveAsync(rest) > 0)
                {
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // The proxy cut it.
            }
        }
    }
}
