using System.Collections.Immutable;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>
/// All objects of one kind, from one Reflector or from one per namespace. Complete when each of them has listed. Objects that cannot be read
/// are problems; their last good forms stay.
/// </summary>
/// <param name="kind">The kind.</param>
/// <param name="address">Of the API server, for the name.</param>
/// <param name="reflectors">Their targets are of this kind and do not overlap.</param>
/// <param name="seen">Told of every event before it is delivered; null for none.</param>
/// <param name="complete">Told when every Reflector has listed, each time that one lists anew; null for none.</param>
internal sealed class KindSource(ObjectKindInfo kind, string address, IReadOnlyList<(ReflectorTarget Target, Reflector Reflector)> reflectors, Action<StoreEvent>? seen = null, Action? complete = null)
    : IObjectSource, IReflectorSink, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<ReflectorTarget> _listed = [];
    private readonly Dictionary<ReflectorTarget, string> _troubles = [];
    private readonly SortedDictionary<ObjectKey, Problem> _problems = [];
    private ISourceSink? _sink;
    private bool _hadProblems;

    public string Name { get; } = $"{kind.Plural} of {address}";

    public string? Trouble { get; private set; }

    public async Task RunAsync(ISourceSink sink, CancellationToken cancellation)
    {
        _sink = sink;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = reflectors.Select(r => Task.Run(() => r.Reflector.RunAsync(this, stop.Token), CancellationToken.None)).ToList();
        try
        {
            await (await Task.WhenAny(running).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask ListedAsync(ReflectorTarget target, IReadOnlyList<DecodedObject> objects, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var key in _problems.Keys.Where(key => target.Namespace is null || key.Namespace == target.Namespace).ToArray())
            {
                _problems.Remove(key);
            }

            foreach (var unread in objects.Where(o => o.Problem is not null))
            {
                _problems[unread.Key] = unread.Problem!;
            }

            _listed.Add(target);
            var all = StoreEvent.Replace(kind.Kind, objects.Select(o => o.Object).OfType<k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>>(), target.Namespace);
            await DeliverAsync(all with { Unread = [.. objects.Where(o => o.Object is null).Select(o => o.Key)] }, cancellation).ConfigureAwait(false);
            if (_listed.Count == reflectors.Count)
            {
                complete?.Invoke();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask ChangedAsync(ReflectorTarget target, WatchChange change, DecodedObject changed, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (change == WatchChange.Delete)
            {
                _problems.Remove(changed.Key);
                await DeliverAsync(StoreEvent.Delete(kind.Kind, changed.Key), cancellation).ConfigureAwait(false);
            }
            else if (changed.Object is { } found)
            {
                _problems.Remove(changed.Key);
                await DeliverAsync(StoreEvent.Upsert(found), cancellation).ConfigureAwait(false);
            }
            else
            {
                _problems[changed.Key] = changed.Problem!;
                await _sink!.DeliverAsync(new() { Problems = [.. _problems.Values] }, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask TroubledAsync(ReflectorTarget target, string? trouble, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _troubles.Remove(target);
            if (trouble is not null)
            {
                _troubles[target] = trouble;
            }

            Trouble = _troubles.Values.FirstOrDefault();
            await _sink!.DeliverAsync(new(), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private ValueTask DeliverAsync(StoreEvent change, CancellationToken cancellation)
    {
        seen?.Invoke(change);
        var problems = _problems.Count > 0 || _hadProblems ? _problems.Values.ToImmutableArray() : (ImmutableArray<Problem>?)null;
        _hadProblems = _problems.Count > 0;
        return _sink!.DeliverAsync(new() { Events = [change], Synced = _listed.Count == reflectors.Count, Problems = problems }, cancellation);
    }
}
