using k8s;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using WsIngress.ApiServer;
using WsIngress.Cluster.Election;
using WsIngress.Store;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>
/// A fake API server, what a controller knows of it, and a term as leader. The test decides when the controller sees the server's objects
/// (<see cref="Tell()"/>) and how time passes.
/// </summary>
internal sealed class Board : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    private Board(FakeApiServer server)
    {
        Server = server;
        Api = PlainServer.Connect(server.Address, Time);
        Term = new(Time.GetTimestamp(), Timeout.InfiniteTimeSpan, Time);
    }

    public FakeApiServer Server { get; }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.Parse("2026-11-24T08:00:00Z", System.Globalization.CultureInfo.InvariantCulture));

    public WsIngress.Cluster.ApiServer Api { get; }

    public SyncState Sync { get; } = new();

    public Leadership Term { get; }

    public RecordingLogger<Board> Log { get; } = new();

    public CancellationToken Stopping => _stop.Token;

    public static async Task<Board> StartAsync()
    {
        var board = new Board(await FakeApiServer.StartAsync());
        board.Server.Apply(Class("wsingress", "wsingress.io/ingress-controller"));
        return board;
    }

    public static V1IngressClass Class(string name, string controller) => new() { Metadata = new() { Name = name }, Spec = new() { Controller = controller } };

    public static V1Ingress Ingress(string name, string? ingressClass = "wsingress", string ns = "default", params V1IngressLoadBalancerIngress[] has) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = ns },
        Spec = new()
        {
            IngressClassName = ingressClass,
            Rules = [new() { Host = $"{name}.{ns}.test", Http = new() { Paths = [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = name, Port = new() { Number = 80 } } } }] } }],
        },
        Status = new() { LoadBalancer = new() { Ingress = has.Length == 0 ? null : [.. has] } },
    };

    /// <summary>The watches bring what the server has now.</summary>
    public void Tell() => Tell(Snapshot());

    /// <summary>What the server has now.</summary>
    public ClusterSnapshot Snapshot() => new()
    {
        Ingresses = [.. All<V1Ingress>("ingresses")],
        IngressClasses = [.. All<V1IngressClass>("ingressclasses")],
        Services = [.. All<V1Service>("services")],
        EndpointSlices = [.. All<V1EndpointSlice>("endpointslices")],
        Secrets = [.. All<V1Secret>("secrets")],
    };

    /// <param name="snapshot">The objects.</param>
    /// <param name="problems">In place of the true ones.</param>
    public void Tell(ClusterSnapshot snapshot, params Problem[] problems)
    {
        var result = Translator.Translate(snapshot, TranslationOptions.Default);
        result = problems.Length == 0 ? result : result with { Problems = [.. problems] };
        Sync.Tell(status => status with { Result = result, Snapshot = snapshot, WaitingFor = null });
    }

    /// <summary>Runs until <see cref="StopAsync"/>.</summary>
    public Task Run(Func<CancellationToken, Task> work)
    {
        var running = Task.Run(() => work(_stop.Token));
        _running.Add(running);
        return running;
    }

    public RequestRecord[] Sent(string verb, string kind) => [.. Server.Requests.Where(request => request.Verb == verb && request.Kind == kind)];

    /// <summary>Addresses in the status of an Ingress.</summary>
    public string[] Has(string name, string ns = "default") =>
        [.. (Server.Get<V1Ingress>("ingresses", ns, name)!.Status?.LoadBalancer?.Ingress ?? []).Select(entry => entry.Ip ?? entry.Hostname)];

    /// <summary>Lets the clock run in steps, each with time for what it starts, until the condition holds. Steps far below 10 s, the limit of a request.</summary>
    public async Task PassAsync(Func<bool> condition, TimeSpan step)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 1000, "it never came, however far the clock was moved");
            Time.Advance(step);
            await CalmAsync();
        }
    }

    /// <summary>Time for a wrong request to arrive: a round of the writer that ends in no request is not visible from outside.</summary>
    public async Task CalmAsync()
    {
        for (var i = 0; i < 4; i++)
        {
            Sync.Tell(status => status);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            await Eventually.True(() => Server.Requests.All(request => request.Status != 0));
        }
    }

    /// <summary>
    /// Second by second: never more requests than the rate allows, and all of them in the end. A wait that begins while the clock is being
    /// moved ends a step late, so what is behind is not waited for.
    /// </summary>
    public async Task KeepsToRateAsync(Func<long> done, int count, int burst, int perSecond)
    {
        var longest = 2 * (count - burst) / perSecond;
        for (var second = 0; done() < count; second++)
        {
            Assert.True(second <= longest, $"{done()} of {count} after {second} s");
            var allowed = Math.Min(count, burst + (perSecond * second));
            await Eventually.SoonAsync(() => done() >= allowed);
            Assert.InRange(Server.Requests.Count, 0, allowed + 1);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(count, Server.Requests.Count);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        Server.Faults.Clear();
        Term.End();
        await StopAsync();
        Api.Dispose();
        Term.Dispose();
        _stop.Dispose();
        await Server.DisposeAsync();
    }

    private IEnumerable<T> All<T>(string plural) => Server.List(plural).Select(json => KubernetesJson.Deserialize<T>(json.ToJsonString()));
}
