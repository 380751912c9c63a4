using System.Threading.Channels;
using WsIngress.Sources;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Sources;

/// <summary>A folder source on a real folder. Its batches are applied in order, as the loop would.</summary>
internal sealed class SourceBench : ISourceSink, IAsyncDisposable
{
    private readonly Channel<SourceBatch> _batches = Channel.CreateUnbounded<SourceBatch>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<ObjectKind, StoreEvent> _objects = [];

    public SourceBench(TemporaryFolder folder, TimeProvider time, IFolderWatcher watcher, FolderSourceOptions? options = null)
    {
        Source = new(options ?? new() { Folder = folder.Path }, watcher, time, Log);
    }

    public FolderSource Source { get; }
    public RecordingLogger<FolderSource> Log { get; } = new();
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>The last batch that <see cref="NextAsync"/> gave.</summary>
    public SourceBatch Last { get; private set; } = new();

    public SourceBench Start()
    {
        Running = Task.Run(() => Source.RunAsync(this, _stop.Token));
        return this;
    }

    public async Task<SourceBatch> NextAsync()
    {
        Last = await _batches.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        foreach (var change in Last.Events)
        {
            Assert.Equal(StoreEventType.Replace, change.Type);
            _objects[change.Kind] = change;
        }

        return Last;
    }

    /// <summary>Reads batches until the condition holds: real file events may make one more batch than expected.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await NextAsync();
        }
    }

    public bool HasBatch => _batches.Reader.TryPeek(out _);

    public string[] Names(ObjectKind kind) => _objects.TryGetValue(kind, out var all) ? [.. all.Objects.Select(found => found.Metadata.Name).Order(StringComparer.Ordinal)] : [];

    public k8s.IKubernetesObject<k8s.Models.V1ObjectMeta> Get(ObjectKind kind, string name) => _objects[kind].Objects.Single(found => found.Metadata.Name == name);

    public ValueTask DeliverAsync(SourceBatch batch, CancellationToken cancellation)
    {
        _batches.Writer.TryWrite(batch);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running.WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
