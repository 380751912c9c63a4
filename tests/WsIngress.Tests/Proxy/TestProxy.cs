using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy;
using WsIngress.Routing;

namespace WsIngress.Tests.Proxy;

/// <summary>A data plane on free ports of 127.0.0.1 with a table made of a few lines.</summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private long _revision;

    private TestProxy(DataPlane plane, RecordingTelemetry telemetry)
    {
        Plane = plane;
        Telemetry = telemetry;
    }

    public DataPlane Plane { get; }

    public RecordingTelemetry Telemetry { get; }

    public int HttpPort => Plane.EndPoints["http"].Port;

    public int HttpsPort => Plane.EndPoints["https"].Port;

    public static async Task<TestProxy> StartAsync(Func<ProxyOptions, ProxyOptions>? configure = null, TimeProvider? time = null, Random? random = null)
    {
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        var options = TestTransport.Apply(new ProxyOptions { Http = loopback, Https = loopback, H2c = loopback });
        var telemetry = new RecordingTelemetry();
        var plane = new DataPlane(configure?.Invoke(options) ?? options, telemetry, NullLoggerFactory.Instance, time ?? TimeProvider.System, random);
        await plane.StartAsync(CancellationToken.None);
        return new TestProxy(plane, telemetry);
    }

    /// <summary>A proxy with one host-less route to the pods.</summary>
    public static async Task<TestProxy> ToAsync(TestPod pod, RoutePolicy? policy = null, BackendPolicy? backend = null, Func<ProxyOptions, ProxyOptions>? configure = null, TimeProvider? time = null)
    {
        var proxy = await StartAsync(configure, time);
        proxy.Publish([pod.Endpoint], policy, backend);
        return proxy;
    }

    /// <summary>Publishes a table with one host-less route over these endpoints.</summary>
    public void Publish(Endpoint[] endpoints, RoutePolicy? policy = null, BackendPolicy? backend = null, params TlsBinding[] tls)
    {
        var route = new Route
        {
            Owner = new RouteOwner("default", "web"),
            Path = new PathMatch(PathMatchKind.Prefix, "/"),
            Backends = [new WeightedBackend("default/echo:80", 1, backend ?? BackendPolicy.Default)],
            Policy = policy ?? RoutePolicy.Default,
        };
        Publish(new RoutingTable([new VirtualHost { Host = "", Routes = [route] }], [Backend("echo", endpoints)], [.. tls]));
    }

    public void Publish(RoutingTable table) => Plane.Publish(table.WithRevision(++_revision));

    public static Backend Backend(string service, params Endpoint[] endpoints) =>
        new() { Key = $"default/{service}:80", Namespace = "default", Service = service, Endpoints = [.. endpoints] };

    public Uri Http(string path = "/") => new($"http://127.0.0.1:{HttpPort}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public Uri Ws(string path = "/") => new($"ws://127.0.0.1:{HttpPort}{path}");

    /// <summary>A client that follows nothing and takes any certificate.</summary>
    public static HttpClient Client() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public async Task<HttpResponseMessage> GetAsync(string path = "/", Action<HttpRequestHeaders>? headers = null, string? host = null)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, Http(path));
        request.Headers.Host = host;
        headers?.Invoke(request.Headers);
        return await client.SendAsync(request);
    }

    /// <summary>Opens a WebSocket over cleartext HTTP/1.1, TLS HTTP/1.1 or TLS HTTP/2.</summary>
    public async Task<ClientWebSocket> ConnectAsync(WsVia via = WsVia.Http1, string path = "/", Action<ClientWebSocketOptions>? configure = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(socket.Options);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        if (via == WsVia.Http1)
        {
            await socket.ConnectAsync(Ws(path), timeout.Token);
            return socket;
        }

        socket.Options.HttpVersion = via == WsVia.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var client = Client();
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{HttpsPort}{path}"), new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        }), timeout.Token);
        return socket;
    }

    public ValueTask DisposeAsync() => Plane.DisposeAsync();
}

/// <summary>How a test's WebSocket reaches the proxy.</summary>
public enum WsVia
{
    Http1,
    Tls1,
    Http2,
}
