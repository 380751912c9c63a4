using System.Collections.Immutable;
using k8s;
using k8s.Models;
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
/// <param name="referenced">Told of every event before it is delivered; null for none.</param>
internal sealed class KindSource(ObjectKindInfo kind, string address, IReadOnlyList<(ReflectorTarget Target, Reflector Reflector)> reflectors, ReferencedSecrets? referenced = null)
    : IObjectSource, IReflectorSink, IDisposable
{
    /// <summary>Most problems that are kept at a time.</summary>
    private const int MostProblems = 1000;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<ReflectorTarget> _listed = [];
    private readonly Dictionary<ReflectorTarget, string> _troubles = [];
    private readonly Dictionary<ObjectKey, Problem> _problems = [];

    /// <summary>Every object as it was last told: a list anew takes over what has not changed, in place of a second copy of all.</summary>
    private readonly Dictionary<ObjectKey, IKubernetesObject<V1ObjectMeta>> _objects = [];
    private ISourceSink? _sink;
    private ImmutableArray<Problem> _missing = [];
    private bool _hadProblems;

    public string Name { get; } = $"{kind.Plural} of {address}";

    public string? Trouble { get; private set; }

    public Task RunAsync(ISourceSink sink, CancellationToken cancellation) => RunAsync(sink, this, cancellation);

    /// <param name="sink">Takes the batches.</param>
    /// <param name="front">Stands between the Reflectors and this source.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(ISourceSink sink, IReflectorSink front, CancellationToken cancellation)
    {
        _sink = sink;
        _listed.Clear();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = reflectors.Select(r => Task.Run(() => r.Reflector.RunAsync(front, stop.Token), CancellationToken.None)).ToList();
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

    public IKubernetesObject<V1ObjectMeta>? Known(ObjectKey key)
    {
        lock (_objects)
        {
            return _objects.GetValueOrDefault(key);
        }
    }

    public async ValueTask ListedAsync(ReflectorTarget target, ObjectList list, bool isRestored, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var key in _problems.Keys.Where(target.Covers).ToArray())
            {
                _problems.Remove(key);
            }

            foreach (var unread in list.Objects.Where(o => o.Problem is not null))
            {
                Add(unread);
            }

            var replace = StoreEvent.Replace(kind.Kind, list.Objects.Select(o => o.Object).OfType<IKubernetesObject<V1ObjectMeta>>(), target.Namespace) with
            {
                Unread = [.. list.Objects.Where(o => o.Object is null).Select(o => o.Key)],
            };
            _listed.Add(target);
            Keep(target, list);

            // An older state may show other content under a version that was seen before, so nothing is taken for equal.
            var forget = StoreEvent.Replace(kind.Kind, [], target.Namespace) with { Unread = replace.Unread };
            await DeliverAsync(isRestored ? [forget, replace] : [replace], cancellation).ConfigureAwait(false);
            if (_listed.Count == reflectors.Count)
            {
                referenced?.Listed(kind.Kind);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask ChangedAsync(ReflectorTarget target, IReadOnlyList<WatchedObject> changes, string version, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var events = ImmutableArray.CreateBuilder<StoreEvent>(changes.Count);
            foreach (var (change, found) in changes)
            {
                _problems.Remove(found.Key);
                Keep(found.Key, change == WatchChange.Delete ? null : found.Object);
                if (change == WatchChange.Delete)
                {
                    events.Add(StoreEvent.Delete(kind.Kind, found.Key));
                }
                else if (found.Object is { } read)
                {
                    events.Add(StoreEvent.Upsert(read));
                }
                else
                {
                    Add(found);
                }
            }

            await DeliverAsync(events.DrainToImmutable(), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask TroubledAsync(ReflectorTarget target, ReflectorTrouble? trouble, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _troubles.Remove(target);
            if (trouble is not null)
            {
                _troubles[target] = trouble.Text;
            }

            Trouble = _troubles.Values.FirstOrDefault();
            await _sink!.DeliverAsync(new(), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whether nothing is missing while the target cannot be followed.</summary>
    public void SetDispensable(ReflectorTarget target, bool isDispensable)
    {
        foreach (var (_, reflector) in reflectors.Where(r => r.Target == target))
        {
            reflector.IsDispensable = isDispensable;
        }
    }

    /// <summary>Tells of objects that are wanted and cannot be had, in place of those told before.</summary>
    public async ValueTask MissAsync(ImmutableArray<Problem> missing, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            missing = missing.Length > MostProblems ? missing[..MostProblems] : missing;
            if (!missing.SequenceEqual(_missing))
            {
                _missing = missing;
                await DeliverAsync([], cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void Keep(ReflectorTarget target, ObjectList list)
    {
        lock (_objects)
        {
            foreach (var key in _objects.Keys.Where(target.Covers))
            {
                _objects.Remove(key);
            }

            foreach (var found in list.Objects)
            {
                if (found.Object is { } read)
                {
                    _objects[found.Key] = read;
                }
            }
        }
    }

    private void Keep(ObjectKey key, IKubernetesObject<V1ObjectMeta>? found)
    {
        lock (_objects)
        {
            if (found is null)
            {
                _objects.Remove(key);
            }
            else
            {
                _objects[key] = found;
            }
        }
    }

    private void Add(DecodedObject unread)
    {
        if (_problems.Count < MostProblems)
        {
            _problems[unread.Key] = unread.Problem!;
        }
    }

    private async ValueTask DeliverAsync(ImmutableArray<StoreEvent> events, CancellationToken cancellation)
    {
        if (referenced is null)
        {
            await SendAsync(events, cancellation).ConfigureAwait(false);
            return;
        }

        var named = referenced.See(events);
        try
        {
            if (named.Added.Length > 0)
            {
                // An Ingress must not be served with another certificate than its own while its Secret is on its way.
                await referenced.Fetch(named.Added, cancellation).ConfigureAwait(false);
            }

            await SendAsync(events, cancellation).ConfigureAwait(false);
        }
        catch
        {
            referenced.Orphan(named);
            throw;
        }

        referenced.LetGo(named);
    }

    private ValueTask SendAsync(ImmutableArray<StoreEvent> events, CancellationToken cancellation)
    {
        var hasProblems = _problems.Count + _missing.Length > 0;
        var problems = hasProblems || _hadProblems ? [.. _problems.Values, .. _missing] : (ImmutableArray<Problem>?)null;
        _hadProblems = hasProblems;
        return _sink!.DeliverAsync(new() { Events = events, Synced = _listed.Count == reflectors.Count, Problems = problems }, cancellation);
    }
}
