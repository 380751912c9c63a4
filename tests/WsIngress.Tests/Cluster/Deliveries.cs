using WsIngress.Sources;

namespace WsIngress.Tests.Cluster;

/// <summary>What a source has delivered, in a store; a delivery can be held up.</summary>
internal sealed class Deliveries : ISourceSink
{
    private readonly WsIngress.Store.ObjectStore _store = new();
    private readonly Lock _gate = new();
    private Tuple<TaskCompletionSource, Task>? _held;

    public bool Synced { get; private set; }

    /// <summary>The next delivery waits; the task ends when it has come, and the action lets it go on.</summary>
    public (Task Busy, Action Go) Hold()
    {
        var (busy, go) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _held = new(busy, go.Task);
        return (busy.Task, go.SetResult);
    }

    public async ValueTask DeliverAsync(SourceBatch batch, CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _held, null) is var (busy, go))
        {
            busy.SetResult();
            await go;
        }

        lock (_gate)
        {
            Synced |= batch.Synced;
            foreach (var change in batch.Events)
            {
                _store.Apply(change);
            }
        }
    }

    public string? Held(ObjectKey key)
    {
        lock (_gate)
        {
            return _store.TakeSnapshot().Secrets.FirstOrDefault(secret => ObjectKey.Of(secret) == key)?.Metadata.ResourceVersion;
        }
    }
}
