using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Endpoint = WsIngress.Routing.Endpoint;

namespace WsIngress.Tests.Proxy;

/// <summary>A pod that sends exactly the bytes that a test scripts, once it has read a request head.</summary>
internal sealed class RawPod : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2? _certificate;
    private readonly Func<RawPodConnection, Task> _script;
    private readonly string _name;

    private RawPod(Func<RawPodConnection, Task> script, X509Certificate2? certificate, string name)
    {
        _script = script;
        _certificate = certificate;
        _name = name;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Request heads in the order they came.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    public Endpoint Endpoint => new() { Address = "127.0.0.1", Port = Port, PodUid = "uid-" + _name, PodName = _name };

    public static RawPod Start(Func<RawPodConnection, Task> script, X509Certificate2? certificate = null, string name = "raw") => new(script, certificate, name);

    /// <summary>A pod that sends the text, with <c>{accept}</c> replaced by the right accept value, and closes.</summary>
    public static RawPod Saying(string answer, X509Certificate2? certificate = null) => Start(c => c.SendAsync(answer), certificate);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        try
        {
            await using Stream stream = _certificate is null ? new NetworkStream(socket, true) : new SslStream(new NetworkStream(socket, true));
            if (stream is SslStream tls)
            {
                await tls.AuthenticateAsServerAsync(_certificate!);
            }

            var head = await ReadHeadAsync(stream, _stop.Token);
            Heads.Enqueue(head);
            await _script(new RawPodConnection(stream, socket, head, _stop.Token));
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or SocketException or System.Security.Authentication.AuthenticationException)
        {
        }
    }

    /// <summary>Reads up to and with the empty line.</summary>
    public static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellation)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!(head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r'))
        {
            await stream.ReadExactlyAsync(one, cancellation);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}

/// <summary>One connection to a <see cref="RawPod"/>.</summary>
internal sealed class RawPodConnection(Stream stream, Socket socket, string head, CancellationToken stop)
{
    public const string Switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";

    public Stream Stream => stream;

    public Socket Socket => socket;

    public string Head => head;

    /// <summary>Cancelled when the pod goes.</summary>
    public CancellationToken Stop => stop;

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text.Replace("{accept}", Accept(), StringComparison.Ordinal)));

    public async Task SendAsync(byte[] bytes)
    {
        await stream.WriteAsync(bytes, stop);
        await stream.FlushAsync(stop);
    }

    /// <summary>Answers 101 and then sends back every frame, Close included.</summary>
    public async Task EchoAsync()
    {
        await SendAsync(Switch);
        while (await Frame.ReadAsync(stream, stop) is { } frame)
        {
            await SendAsync(Frame.Bytes(frame.Opcode, frame.Payload, masked: false));
            if (frame.Opcode == Frame.CloseOpcode)
            {
                return;
            }
        }
    }

    /// <summary>Ends the connection with RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public Task HangAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);

    private string Accept()
    {
        var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase));
#pragma warning disable CA5350 // RFC 6455 fixes SHA-1.
        return line is null ? "" : Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(line[19..] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }
}
