using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using WsIngress.Cli;
using WsIngress.Hosting;
using WsIngress.Tests.Proxy;

namespace WsIngress.Tests.Hosting;

/// <summary>The standalone host in this process, over a temporary folder, on free ports of 127.0.0.1.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public const string Host = "chat.test";
    private readonly CancellationTokenSource _stop = new();
    private readonly MemoryStream _accessLog = new();
    private Task<int> _running = Task.FromResult(0);

    public string Folder { get; } = Directory.CreateTempSubdirectory("wsingress-host-").FullName;

    public BoundListeners Bound { get; private set; } = new();

    /// <summary>Lines of the access log so far, parsed.</summary>
    public JsonNode[] AccessLog => [.. AccessLogText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    public string AccessLogText
    {
        get
        {
            lock (_accessLog)
            {
                return System.Text.Encoding.UTF8.GetString(_accessLog.ToArray());
            }
        }
    }

    public static async Task<TestHost> StartAsync(TestPod pod, Func<ServerOptions, ServerOptions>? configure = null, TimeProvider? time = null)
    {
        var host = new TestHost();
        host.Write(pod);
        var ready = new TaskCompletionSource<BoundListeners>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = configure?.Invoke(host.Options()) ?? host.Options();
        host._running = new StandaloneHost(new(options, host.Folder), time ?? TimeProvider.System, new LockedStream(host._accessLog)).RunAsync(ready.SetResult, host._stop.Token);
        host.Bound = await await Task.WhenAny(ready.Task, host._running.ContinueWith<BoundListeners>(_ => throw new InvalidOperationException("the host stopped"), TaskScheduler.Default));
        return host;
    }

    public ServerOptions Options() => new()
    {
        Http = ListenAddress.Loopback(0),
        Https = ListenAddress.Loopback(0),
        H2c = ListenAddress.Off,
        Metrics = ListenAddress.Loopback(0),
        Admin = ListenAddress.Loopback(0),
        IngressClass = "wsingress",
        TrustedProxies = [],
        ProxyProtocol = [],
        DisableExternalName = false,
        DrainWindow = TimeSpan.FromMilliseconds(50),
        DrainDeadline = TimeSpan.FromSeconds(10),
        AccessLog = true,
        LogLevel = LogLevel.None,
        LogFormat = LogFormat.Json,
    };

    public void Write(TestPod pod, string file = "app.yaml") => File.WriteAllText(Path.Combine(Folder, file), $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: { name: chat }
        spec:
          rules:
            - host: {{Host}}
              http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: chat, port: { number: 80 } } } }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: chat }
        spec: { ports: [{ name: http, port: 80 }] }
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: chat-1, labels: { kubernetes.io/service-name: chat } }
        addressType: IPv4
        ports: [{ name: http, port: {{pod.Port}} }]
        endpoints:
          - addresses: ["127.0.0.1"]
            conditions: { ready: true }
            targetRef: { kind: Pod, name: {{pod.Name}}, uid: uid-{{pod.Name}} }
        """);

    public Task<string> AdminAsync(string path) => GetAsync(Bound.Admin!, path);

    public Task<string> MetricsAsync(string path = "/metrics") => GetAsync(Bound.Metrics!, path);

    public async Task<HttpResponseMessage> SendAsync(IPEndPoint to, string path, string? host = null, HttpMethod? method = null)
    {
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"http://{to}{path}");
        request.Headers.Host = host;
        return await client.SendAsync(request);
    }

    public async Task<ClientWebSocket> ConnectAsync(string path = "/", params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", Host);
        foreach (var (name, value) in headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        await socket.ConnectAsync(new Uri($"ws://{Bound.Http}{path}"), CancellationToken.None);
        return socket;
    }

    /// <summary>Looks at a condition again and again, for at most a minute: the machine may have other work.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
        }
    }

    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<string> GetAsync(IPEndPoint to, string path)
    {
        using var answer = await SendAsync(to, path);
        return await answer.Content.ReadAsStringAsync();
    }

    private sealed class LockedStream(MemoryStream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (inner)
            {
                inner.Write(buffer, offset, count);
            }
        }
    }
}
