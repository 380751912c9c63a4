using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WsIngress.E2E.Harness;

/// <summary>A client on a bare socket, of which a process can have many thousands.</summary>
internal sealed class BareSocket : IDisposable
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>What <see cref="BarePod"/> says first.</summary>
    public static ReadOnlyMemory<byte> Greeting { get; } = new byte[] { 0x81, 5, (byte)'h', (byte)'e', (byte)'l', (byte)'l', (byte)'o' };

    /// <summary>A server's Close with 1000.</summary>
    public static ReadOnlyMemory<byte> Close { get; } = new byte[] { 0x88, 2, 0x03, 0xe8 };

    private static readonly byte[] MaskedClose = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];

    /// <param name="port">Of the ingress.</param>
    /// <param name="from">An address of 127/8 of its own; null for any.</param>
    public static async Task<BareSocket> ConnectAsync(int port, string? from = null)
    {
        var bare = new BareSocket();
        if (from is not null)
        {
            bare._socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        }

        await bare._socket.ConnectAsync(IPAddress.Loopback, port);
        return bare;
    }

    public static byte[] Head(string host, string path) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\n\r\n");

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendAsync(bytes, SocketFlags.None);

    /// <summary>Asks, and reads up to the pod's greeting.</summary>
    public async Task OpenAsync(string host)
    {
        await SendAsync(Head(host, "/"));
        var buffer = new byte[1024];
        for (var length = 0; !buffer.AsSpan(0, length).EndsWith(Greeting.Span);)
        {
            var count = await _socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None).AsTask().WaitAsync(Patience);
            if (count == 0)
            {
                throw new InvalidOperationException("no socket: " + Encoding.Latin1.GetString(buffer, 0, length));
            }

            length += count;
        }
    }

    /// <summary>Waits for the first bytes of an answer, or for the end.</summary>
    public async Task AnswerAsync()
    {
        try
        {
            await _socket.ReceiveAsync(new byte[1024], SocketFlags.None).WaitAsync(Patience);
        }
        catch (SocketException)
        {
            // The reset of a pod may have taken the answer with it.
        }
    }

    public Task SendCloseAsync() => SendAsync(MaskedClose);

    /// <summary>Reads to the end; false when it is a reset.</summary>
    public async Task<bool> EndAsync()
    {
        var buffer = new byte[1024];
        try
        {
            while (await _socket.ReceiveAsync(buffer, SocketFlags.None).WaitAsync(Patience) > 0)
            {
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Ends with RST, which leaves no TIME_WAIT at this end.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();
}
