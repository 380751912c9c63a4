using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using WsIngress.Proxy.Http;

namespace WsIngress.Tests.Proxy;

/// <summary>A client's end of one exchange, written and read byte by byte over HTTP/1.1, or by extended CONNECT over HTTP/2.</summary>
internal sealed class RawHandshake : IAsyncDisposable
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    public const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    private readonly IDisposable? _owner;

    private RawHandshake(Stream stream, Socket? socket, IDisposable? owner)
    {
        Stream = stream;
        Socket = socket;
        _owner = owner;
    }

    public int Status { get; private set; }

    /// <summary>What follows the status in its line.</summary>
    public string Reason { get; private set; } = "";

    public HeaderList Headers { get; } = new();

    /// <summary>The body, or the frames once the socket is open.</summary>
    public Stream Stream { get; }

    /// <summary>Null over HTTP/2.</summary>
    public Socket? Socket { get; }

    public bool IsOpen => Status == (Socket is null ? 200 : 101);

    public static async Task<RawHandshake> ConnectAsync(TestProxy proxy, bool tls = false, string sni = "localhost")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, tls ? proxy.HttpsPort : proxy.HttpPort);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls)
        {
            var secure = new SslStream(stream, false, (_, _, _, _) => true);
            await secure.AuthenticateAsClientAsync(sni);
            stream = secure;
        }

        return new RawHandshake(stream, socket, null);
    }

    /// <summary>Asks for a WebSocket and reads the head of the answer.</summary>
    public static Task<RawHandshake> OpenAsync(TestProxy proxy, WsVia via = WsVia.Http1, string path = "/", string host = "localhost", params (string Name, string Value)[] headers) =>
        via == WsVia.Http2 ? OpenHttp2Async(proxy, path, host, headers) : OpenHttp1Async(proxy, via, path, host, headers);

    /// <summary>Sends the text as a head on a new connection, the empty line added, and reads the head of the answer.</summary>
    public static async Task<RawHandshake> SendAsync(TestProxy proxy, string head, bool tls = false)
    {
        var client = await ConnectAsync(proxy, tls);
        await client.WriteAsync(head.ReplaceLineEndings("\r\n") + "\r\n\r\n");
        await client.ReadHeadAsync();
        return client;
    }

    public async Task WriteAsync(string text)
    {
        await Stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await Stream.FlushAsync();
    }

    public async Task WriteAsync(byte[] bytes)
    {
        await Stream.WriteAsync(bytes);
        await Stream.FlushAsync();
    }

    public Task<Frame?> ReadFrameAsync() => Frame.ReadAsync(Stream).WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Status 0 when the connection ends without an answer.</summary>
    public async Task ReadHeadAsync()
    {
        string head;
        try
        {
            head = await RawPod.ReadHeadAsync(Stream, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (IOException)
        {
            Status = 0;
            return;
        }

        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        Reason = string.Join(' ', lines[0].Split(' ').Skip(2));
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            Headers.Add(line[..colon], line[(colon + 1)..].Trim());
        }
    }

    /// <summary>The whole body as the head frames it.</summary>
    public async Task<string> ReadBodyAsync()
    {
        var body = new StringBuilder();
        if (Socket is null || (Headers.Get("Content-Length") is null && !Headers.HasToken("Transfer-Encoding", "chunked")))
        {
            using var reader = new StreamReader(Stream, Encoding.Latin1, leaveOpen: true);
            return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }

        if (Headers.Get("Content-Length") is { } length)
        {
            return await ExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        while (true)
        {
            var line = new StringBuilder();
            while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
            {
                line.Append(await ExactlyAsync(1));
            }

            var size = int.Parse(line.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Append(await ExactlyAsync(size));
            await ExactlyAsync(2);
            if (size == 0)
            {
                return body.ToString();
            }
        }
    }

    /// <summary>Ends the connection with RST.</summary>
    public void Reset()
    {
        Socket!.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Stream.DisposeAsync();
        }
        catch (IOException)
        {
            // The other end was first.
        }

        _owner?.Dispose();
    }

    private static async Task<RawHandshake> OpenHttp1Async(TestProxy proxy, WsVia via, string path, string host, (string Name, string Value)[] headers)
    {
        var more = string.Concat(headers.Select(h => $"\r\n{h.Name}: {h.Value}"));
        return await SendAsync(proxy, $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}{more}", via == WsVia.Tls1);
    }

    private static async Task<RawHandshake> OpenHttp2Async(TestProxy proxy, string path, string host, (string Name, string Value)[] headers)
    {
        var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        });
        var uri = new Uri($"https://127.0.0.1:{proxy.HttpsPort}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(HttpMethod.Connect, uri) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = "websocket";
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await invoker.SendAsync(request, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        var client = new RawHandshake(await response.Content.ReadAsStreamAsync(), null, invoker) { Status = (int)response.StatusCode };
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            foreach (var value in values)
            {
                client.Headers.Add(name, value);
            }
        }

        return client;
    }

    private async Task<string> ExactlyAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return Encoding.Latin1.GetString(bytes);
    }
}
