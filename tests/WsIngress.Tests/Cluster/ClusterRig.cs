using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Routing;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>The sources of cluster mode behind a sync loop, over a real socket to a fake API server.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    /// <summary>Waits short enough for tests that do not own the clock.</summary>
    public static readonly ReflectorOptions Quick = new()
    {
        FirstWait = TimeSpan.FromMilliseconds(1),
        LongestWait = TimeSpan.FromMilliseconds(20),
        ShortestWatch = TimeSpan.FromMilliseconds(5),
    };

    private readonly CancellationTokenSource _stop = new();
    private readonly WsIngress.Cluster.ApiServer _client;
    private readonly Task _running;
    private volatile ClusterSnapshot? _snapshot;

    public ClusterRig(
        FakeApiServer server,
        WatchOptions? watch = null,
        TranslationOptions? translation = null,
        TimeProvider? time = null,
        ReflectorOptions? options = null,
        int seed = 1,
        string token = "admin",
        Uri? address = null,
        IConnectionFiles? files = null,
        ConnectionOptions? connections = null)
    {
        Server = server;
        Watch = watch ?? new();
        Translation = translation ?? TranslationOptions.Default;
        time ??= TimeProvider.System;
        _client = new(new ClusterConfiguration(files ?? new GivenFiles(address ?? server.Address, token), time, Log, connections), time);
        Sources = ApiServerSources.Create(_client, Watch, Translation, time, new OneLogger(Log), options ?? Quick, new Random(seed));
        var calm = new SyncOptions { HoldOff = TimeSpan.FromMilliseconds(1), MaximumHoldOff = TimeSpan.FromMilliseconds(5) };
        var loop = new SyncLoop(Sources.All, Translate, new NoTable(), State, TimeProvider.System, new RecordingLogger<SyncLoop>(), calm);
        _running = loop.RunAsync(_stop.Token);
    }

    public FakeApiServer Server { get; }

    public WatchOptions Watch { get; }

    public TranslationOptions Translation { get; }

    public ApiServerSources Sources { get; }

    public SyncState State { get; } = new();

    public RecordingLogger<ApiServerSources> Log { get; } = new();

    /// <summary>What was last translated; null before the first.</summary>
    public ClusterSnapshot? Snapshot => _snapshot;

    /// <summary>Every snapshot so far.</summary>
    public ConcurrentQueue<ClusterSnapshot> Snapshots { get; } = [];

    public ReflectorState StateOf(string plural) => Sources.States.Single(state => state.Kind == plural);

    public long Relists(string plural, string reason) => StateOf(plural).Relists.FirstOrDefault(entry => entry.Key == reason).Value;

    public long Failures(string plural, int code) => StateOf(plural).Failures.FirstOrDefault(entry => entry.Key == code).Value;

    public int Requests(string plural, string verb) => Server.Requests.Count(request => request.Kind == plural && request.Verb == verb);

    /// <summary>Waits until what was translated is what the server holds.</summary>
    public async Task InStepAsync(TimeSpan? limit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        string difference;
        while ((difference = Difference()).Length > 0)
        {
            Assert.False(_running.IsCompleted, $"the loop ended: {_running.Exception}");
            var late = TimeProvider.System.GetElapsedTime(began) > (limit ?? TimeSpan.FromSeconds(20));
            Assert.False(late, late ? $"never in step: {difference}\n{string.Join("\n", Log.Lines.TakeLast(30).Select(line => line.Text))}\n{string.Join("\n", Server.Requests.TakeLast(40))}" : "");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _client.Dispose();
    }

    /// <summary>Empty when the snapshot is what the server holds; else where they differ.</summary>
    private string Difference()
    {
        if (_snapshot is not { } snapshot)
        {
            return "nothing was translated";
        }

        var expected = Expected();
        var text = new StringBuilder();
        Compare(text, "ingresses", expected.Ingresses, snapshot.Ingresses);
        Compare(text, "ingressclasses", expected.IngressClasses, snapshot.IngressClasses);
        Compare(text, "services", expected.Services, snapshot.Services);
        Compare(text, "endpointslices", expected.EndpointSlices, snapshot.EndpointSlices);
        Compare(text, "secrets", expected.Secrets, snapshot.Secrets);
        Compare(text, "namespaces", expected.Namespaces, snapshot.Namespaces);
        return text.ToString();
    }

    private ClusterSnapshot Expected()
    {
        var selected = Watch.NamespaceSelector?.Split('=') is [var label, var value]
            ? All<V1Namespace>(ObjectKind.Namespace).Where(json => (string?)json["metadata"]?["labels"]?[label] == value)
            : [];
        var snapshot = new ClusterSnapshot
        {
            Ingresses = Read<V1Ingress>(ObjectKind.Ingress, All<V1Ingress>(ObjectKind.Ingress)),
            IngressClasses = Watch.IngressClasses ? Read<V1IngressClass>(ObjectKind.IngressClass, All<V1IngressClass>(ObjectKind.IngressClass)) : [],
            Services = Read<V1Service>(ObjectKind.Service, All<V1Service>(ObjectKind.Service)),
            EndpointSlices = Read<V1EndpointSlice>(ObjectKind.EndpointSlice, All<V1EndpointSlice>(ObjectKind.EndpointSlice)),
            Namespaces = Read<V1Namespace>(ObjectKind.Namespace, selected),
        };
        var named = SecretReferences.Of(snapshot, Translation);
        var secrets = Server.List("secrets").Where(json =>
            (string?)json["type"] != "helm.sh/release.v1"
            && ((Watch.Namespaces.IsEmpty || Watch.Namespaces.Contains(Text(json, "namespace"))) || $"{Text(json, "namespace")}/{Text(json, "name")}" == Translation.DefaultCertificate)
            && named.Contains((Text(json, "namespace"), Text(json, "name"))));
        return snapshot with { Secrets = Read<V1Secret>(ObjectKind.Secret, secrets) };
    }

    private IEnumerable<JsonObject> All<T>(ObjectKind kind) =>
        Server.List(ObjectKindInfo.Of(kind).Plural).Where(json => !ObjectKindInfo.Of(kind).Namespaced || Watch.Namespaces.IsEmpty || Watch.Namespaces.Contains(Text(json, "namespace")));

    private static string Text(JsonObject json, string field) => (string?)json["metadata"]![field] ?? "";

    private static ImmutableArray<T> Read<T>(ObjectKind kind, IEnumerable<JsonObject> objects)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var decoding = new ObjectDecoding(ObjectKindInfo.Of(kind));
        return [.. objects.Select(json => decoding.Decode(Encoding.UTF8.GetBytes(json.ToJsonString()))!.Value).OrderBy(found => found.Key).Select(found => (T)found.Object!)];
    }

    private static void Compare<T>(StringBuilder text, string kind, ImmutableArray<T> expected, ImmutableArray<T> found)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var (wanted, had) = (expected.Select(o => KubernetesJson.Serialize(o)).ToHashSet(), found.Select(o => KubernetesJson.Serialize(o)).ToHashSet());
        foreach (var missing in wanted.Except(had))
        {
            text.AppendLine($"{kind} lack {missing}");
        }

        foreach (var extra in had.Except(wanted))
        {
            text.AppendLine($"{kind} have {extra}");
        }
    }

    private TranslationResult Translate(ClusterSnapshot snapshot)
    {
        _snapshot = snapshot;
        Snapshots.Enqueue(snapshot);
        return new(RoutingTable.Empty, [], []);
    }

    private sealed class NoTable : ITableSink
    {
        public void Publish(TranslationResult result, long asOf)
        {
        }
    }
}
