using System.Collections.Immutable;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Tests.Store;

/// <summary>The real way from objects to the balancers: sync loop, translator and live tables, with a fake clock and a gate that holds translations.</summary>
internal sealed class EndpointBench : ITableSink, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TranslationMemory _memory = new();
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly LiveTableHolder _live = new(new CertificateMap.Factory(DefaultCertificate.Create(TimeProvider.System), NullLogger.Instance));
    private readonly Task _running;
    private int _waiting;

    public EndpointBench()
    {
        _running = new SyncLoop([Source], Translate, this, State, Clock, NullLogger<SyncLoop>.Instance).RunAsync(_stop.Token);
    }

    public FakeSource Source { get; } = new();
    public SyncState State { get; } = new();
    public StepClock Clock { get; } = new();
    public LiveTableHolder Live => _live;

    /// <summary>Endpoints that were set past a table.</summary>
    public int Short { get; private set; }

    /// <summary>Translations that stand before the closed gate.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Addresses that requests to the Service <c>web</c> are balanced over.</summary>
    public string[] Addresses => [.. Live.Backends.SelectMany(b => b.Endpoints).Where(e => e.Endpoint.Eligible).Select(e => e.Endpoint.Address).Order(StringComparer.Ordinal)];

    public void Hold() => _gate.Reset();

    public void Release() => _gate.Set();

    public async Task StartAsync(params StoreEvent[] events)
    {
        Source.Deliver(new SourceBatch { Events = [.. events], Synced = true });
        await Eventually.True(() => State.IsReady);
        Clock.Forget();
    }

    public static V1Ingress Ingress(string name = "web") => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "Ingress",
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Spec = new()
        {
            IngressClassName = "wsingress",
            Rules = [new() { Host = $"{name}.example.com", Http = new() { Paths = [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = name, Port = new() { Number = 80 } } } }] } }],
        },
    };

    public static V1Service Service(string name = "web", string port = "http") => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Spec = new() { Ports = [new() { Name = port, Port = 80 }] },
    };

    public static V1EndpointSlice Slice(string name, string service, params string[] addresses) => new()
    {
        ApiVersion = "discovery.k8s.io/v1",
        Kind = "EndpointSlice",
        Metadata = new() { Name = name, NamespaceProperty = "default", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service } },
        AddressType = "IPv4",
        Ports = [new() { Name = "http", Port = 8080, Protocol = "TCP" }],
        Endpoints = [.. addresses.Select(a => new V1Endpoint { Addresses = [a], Conditions = new() { Ready = true } })],
    };

    public void Publish(TranslationResult result, long asOf) => _live.Publish(result.Table, asOf);

    public void Report(TranslationResult result, long asOf) => _live.Settle(result.Table, asOf);

    public void SetEndpoints(string backendKey, ImmutableArray<Endpoint> endpoints, long asOf) => Short += _live.SetEndpoints(backendKey, endpoints, asOf) ? 1 : 0;

    public async ValueTask DisposeAsync()
    {
        Release();
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _gate.Dispose();
    }

    public static TranslationResult Anew(ClusterSnapshot snapshot) => Translator.Translate(snapshot, TranslationOptions.Default with { IngressClassByName = true });

    private TranslationResult Translate(ClusterSnapshot snapshot)
    {
        Interlocked.Increment(ref _waiting);
        _gate.Wait();
        Interlocked.Decrement(ref _waiting);
        return Translator.Translate(snapshot, TranslationOptions.Default with { IngressClassByName = true }, _memory);
    }
}
