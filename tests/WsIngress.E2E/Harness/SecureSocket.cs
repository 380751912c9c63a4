using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace WsIngress.E2E.Harness;

/// <summary>A wss socket to a name at 127.0.0.1, with that name as SNI and any certificate taken and kept.</summary>
internal sealed class SecureSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ClientWebSocket _socket = new();

    /// <summary>Serial number of the certificate that was served.</summary>
    public string Serial { get; private set; } = "";

    public static async Task<SecureSocket> OpenAsync(int port, string host)
    {
        var secure = new SecureSocket();
        using var limit = new CancellationTokenSource(Patience);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync("127.0.0.1", port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    secure.Serial = ((X509Certificate2)certificate!).SerialNumber;
                    return true;
                },
            },
        });
        await secure._socket.ConnectAsync(new Uri($"wss://{host}/"), invoker, limit.Token);
        return secure;
    }

    public async Task<string> EchoAsync(string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
        var buffer = new byte[1024];
        var part = await _socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
        return Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    public void Dispose()
    {
        _socket.Abort();
        _socket.Dispose();
    }
}
