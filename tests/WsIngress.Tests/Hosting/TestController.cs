using System.Net;
using System.Net.WebSockets;
using k8s.Models;
using Microsoft.Extensions.Logging;
using WsIngress.ApiServer;
using WsIngress.Cli;
using WsIngress.Cluster;
using WsIngress.Hosting;
using WsIngress.Tests.Proxy;

namespace WsIngress.Tests.Hosting;

/// <summary>The controller in this process, against an API server of the test, on free ports of 127.0.0.1.</summary>
internal sealed class TestController : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly string _kubeconfig = Path.Combine(Path.GetTempPath(), $"wsingress-kubeconfig-{Guid.NewGuid():N}");
    private Task<int> _running = Task.FromResult(0);
    private HeldPort? _held;

    private readonly PodFiles? _pod;

    private TestController(FakeApiServer server, string token, PodFiles? pod = null)
    {
        server.WriteKubeconfig(_kubeconfig, token);
        _pod = pod;
    }

    public BoundListeners Bound { get; private set; } = new();

    /// <summary>Starts and waits until it serves; with the files of a pod it takes these and no kubeconfig.</summary>
    public static async Task<TestController> StartAsync(FakeApiServer server, Func<ControllerOptions, ControllerOptions>? configure = null, string token = "admin", PodFiles? pod = null)
    {
        var controller = new TestController(server, token, pod);
        var ready = controller.Begin(configure);
        controller.Bound = await await Task.WhenAny(ready, controller._running.ContinueWith<BoundListeners>(_ => throw new InvalidOperationException("the controller stopped"), TaskScheduler.Default));
        return controller;
    }

    /// <summary>Starts without waiting; only the metrics port is known.</summary>
    public static TestController Begin(FakeApiServer server, Func<ControllerOptions, ControllerOptions>? configure = null, string token = "admin")
    {
        var controller = new TestController(server, token) { _held = HeldPort.Take() };
        var metrics = controller._held.Number;
        controller.Bound = new() { Metrics = new(IPAddress.Loopback, metrics) };
        _ = controller.Begin(o =>
        {
            var options = configure?.Invoke(o) ?? o;
            return options with { Server = options.Server with { Metrics = ListenAddress.Loopback(metrics) } };
        });
        return controller;
    }

    /// <summary>One pod behind Ingress, class, Service and slice, all named <paramref name="name"/>, for host <c>NAME.test</c>.</summary>
    public static void Publish(FakeApiServer server, TestPod pod, string name = "chat")
    {
        server.Apply(Class());
        server.Apply(Ingress(name));
        server.Apply(Service(name));
        server.Apply(Slice(name, pod));
    }

    public static V1IngressClass Class() => new() { Metadata = new() { Name = "wsingress" }, Spec = new() { Controller = "wsingress.io/ingress-controller" } };

    public static V1Ingress Ingress(string name, string ns = "default") => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = ns },
        Spec = new()
        {
            IngressClassName = "wsingress",
            Rules = [new() { Host = $"{name}.test", Http = new() { Paths = [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = name, Port = new() { Number = 80 } } } }] } }],
        },
    };

    public static V1Service Service(string name, string ns = "default") => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = ns },
        Spec = new() { Ports = [new() { Name = "http", Port = 80, Protocol = "TCP" }], Selector = new Dictionary<string, string> { ["app"] = name } },
    };

    public static V1EndpointSlice Slice(string name, params TestPod[] pods) => new()
    {
        Metadata = new() { Name = $"{name}-1", NamespaceProperty = "default", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = name } },
        AddressType = "IPv4",
        Ports = [new() { Name = "http", Port = pods.Length == 0 ? 80 : pods[0].Port, Protocol = "TCP" }],
        Endpoints = [.. pods.Select(pod => new V1Endpoint
        {
            Addresses = ["127.0.0.1"],
            Conditions = new() { Ready = true, Serving = true, Terminating = false },
            TargetRef = new() { Kind = "Pod", Name = pod.Name, NamespaceProperty = "default", Uid = $"uid-{pod.Name}" },
        })],
    };

    public async Task<HttpResponseMessage> GetAsync(string host, string path = "/")
    {
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{Bound.Http}{path}");
        request.Headers.Host = host;
        return await client.SendAsync(request);
    }

    public async Task<int> StatusAsync(string host)
    {
        using var answer = await GetAsync(host);
        return (int)answer.StatusCode;
    }

    public async Task<(int Status, string Text)> ReadyAsync() => await SideAsync(Bound.Metrics!, "/readyz");

    public async Task<string> MetricsAsync() => (await SideAsync(Bound.Metrics!, "/metrics")).Text;

    public async Task<string> AdminAsync(string path) => (await SideAsync(Bound.Admin!, path)).Text;

    public async Task<ClientWebSocket> ConnectAsync(string host = "chat.test")
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", host);
        await socket.ConnectAsync(new Uri($"ws://{Bound.Http}/"), CancellationToken.None);
        return socket;
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
        _held?.Dispose();
        File.Delete(_kubeconfig);
    }

    private Task<BoundListeners> Begin(Func<ControllerOptions, ControllerOptions>? configure)
    {
        var options = Options();
        var ready = new TaskCompletionSource<BoundListeners>(TaskCreationOptions.RunContinuationsAsynchronously);
        _running = new ControllerHost(configure?.Invoke(options) ?? options, TimeProvider.System, Stream.Null, _pod).RunAsync((bound, _) => ready.TrySetResult(bound), _stop.Token);
        return ready.Task;
    }

    private ControllerOptions Options() => new()
    {
        Server = new()
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
            AccessLog = false,
            LogLevel = LogLevel.None,
            LogFormat = LogFormat.Json,
        },
        Kubeconfig = _pod is null ? _kubeconfig : null,
        Watch = new(),
        ControllerName = "wsingress.io/ingress-controller",
        Status = new() { Enabled = false },
        Lease = new() { Enabled = false, Namespace = "wsingress", Name = "wsingress-leader", Identity = Guid.NewGuid().ToString("N") },
        Events = false,
    };

    private static async Task<(int Status, string Text)> SideAsync(IPEndPoint to, string path)
    {
        using var client = TestProxy.Client();
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://{to}{path}"));
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            return (0, "");
        }
    }
}
