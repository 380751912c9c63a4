using System.Collections.Immutable;
using System.Threading.Channels;
using WsIngress.Routing;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Store;

/// <summary>A sync loop with a translator that makes a host of each Ingress's first rule, a fake clock, and a sink that remembers.</summary>
internal sealed class LoopBench : ITableSink, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<TranslationResult> _published = Channel.CreateUnbounded<TranslationResult>();
    private readonly Channel<TranslationResult> _reported = Channel.CreateUnbounded<TranslationResult>();

    public LoopBench(params IObjectSource[] sources)
    {
        Loop = new(sources, Translate, this, State, Clock, Log, SyncOptions.Default);
    }

    public SyncLoop Loop { get; }
    public SyncState State { get; } = new();
    public StepClock Clock { get; } = new();
    public RecordingLogger<SyncLoop> Log { get; } = new();
    public Task Running { get; private set; } = Task.CompletedTask;
    public Exception? TranslatorFailure { get; set; }
    public Exception? SinkFailure { get; set; }

    /// <summary>Runs on the loop, where endpoints are handed over past a table.</summary>
    public Action OnEndpoints { get; set; } = static () => { };
    public List<ClusterSnapshot> Snapshots { get; } = [];
    public int Published { get; private set; }
    public int Reported { get; private set; }

    public static SourceBatch First(params string[] ingresses) => new()
    {
        Events = [StoreEvent.Replace(ObjectKind.Ingress, ingresses.Select(name => Objects.Ingress(name, name + ".example.com")))],
        Synced = true,
        Settled = true,
    };

    public static async Task<LoopBench> StartedAsync(FakeSource source, params string[] ingresses)
    {
        var bench = new LoopBench(source).Start();
        source.Deliver(First(ingresses));
        Assert.Equal(1, (await bench.NextTableAsync()).Table.Revision);
        return bench;
    }

    public LoopBench Start()
    {
        Running = Loop.RunAsync(_stop.Token);
        return this;
    }

    public async Task<TranslationResult> NextTableAsync() => await _published.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<TranslationResult> NextReportAsync() => await _reported.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public void Publish(TranslationResult result, long asOf)
    {
        if (SinkFailure is { } failure)
        {
            throw failure;
        }

        Published++;
        _published.Writer.TryWrite(result);
    }

    public void Report(TranslationResult result, long asOf)
    {
        Reported++;
        _reported.Writer.TryWrite(result);
    }

    public void SetEndpoints(string backendKey, ImmutableArray<Endpoint> endpoints, long asOf) => OnEndpoints();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private TranslationResult Translate(ClusterSnapshot snapshot)
    {
        Snapshots.Add(snapshot);
        if (TranslatorFailure is { } failure)
        {
            throw failure;
        }

        var hosts = snapshot.Ingresses.Select(ingress => ingress.Spec.Rules[0].Host).Distinct().Order(StringComparer.Ordinal);
        var table = new RoutingTable([.. hosts.Select(host => new VirtualHost { Host = host, Routes = [] })], [], []);
        var reports = snapshot.Ingresses.Select(ingress => new IngressReport
        {
            Namespace = ingress.Metadata.NamespaceProperty,
            Name = ingress.Metadata.Name,
            State = IngressState.Served,
            Hosts = [ingress.Spec.Rules[0].Host],
            Routes = 1,
        });
        return new(table, [.. reports], ImmutableArray<Problem>.Empty);
    }
}
