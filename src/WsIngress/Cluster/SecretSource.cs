using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;

namespace WsIngress.Cluster;

/// <summary>
/// The Secrets that are referenced, and no others. It begins when it is known which these are, so that the first table has its
/// certificates. One that is referenced later was passed over when it came by: it is asked for by name, with the right to list alone. Whatever
/// is told of one Secret, by list, watch or such an answer, goes by its version: nothing older replaces anything newer.
/// <para>Without the right to Secrets (<see cref="ForbiddenSecrets"/>) it is complete as long as none is referenced; when one is, a start waits for
/// the right and says so: to serve other certificates than those asked for would be worse.</para>
/// </summary>
/// <param name="all">The Secrets of the targets, and the way to the sync loop.</param>
/// <param name="targets">Where Secrets are read.</param>
/// <param name="referenced">Which are wanted.</param>
/// <param name="ask">Asks for one by name until there is an answer.</param>
/// <param name="time">The clock of the wait for answers.</param>
internal sealed class SecretSource(
    KindSource all, IReadOnlyList<ReflectorTarget> targets, ReferencedSecrets referenced, Func<ObjectKey, CancellationToken, Task<ObjectList>> ask, TimeProvider time) : IObjectSource, IReflectorSink, IDisposable
{
    /// <summary>An object whose Secrets are not answered for waits no longer than this: a server in trouble must not hold up what needs none.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Types that hold no certificate for us, and may be large or many: releases of Helm and pull secrets. The type of a Secret never changes.
    /// </summary>
    public const string FieldSelector = "type!=helm.sh/release.v1,type!=kubernetes.io/dockerconfigjson,type!=kubernetes.io/dockercfg";

    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<ObjectKey> _held = [];
    private readonly Dictionary<ObjectKey, SecretQuestion> _loads = [];

    /// <summary>Answers that the watch has not caught up with: what it says of them up to their version is old.</summary>
    private readonly Dictionary<ObjectKey, (ulong Version, DecodedObject? Object)> _ahead = [];

    /// <summary>Of the references, when the list of a target began.</summary>
    private readonly Dictionary<ReflectorTarget, long> _generations = [];
    private readonly HashSet<ReflectorTarget> _listed = [];
    private long _reviewed;
    private TaskCompletionSource _broken = new();

    private ForbiddenSecrets Forbidden => field ??= new(all, referenced, _held.Contains);

    public string Name => all.Name;

    public int Loading => _loads.Count;

    public string? Trouble => referenced.Complete.IsCompleted ? all.Trouble : "which of them are needed is not known yet";

    public async Task RunAsync(ISourceSink sink, CancellationToken cancellation)
    {
        await referenced.Complete.WaitAsync(cancellation).ConfigureAwait(false);
        _listed.Clear();
        Forbidden.Clear();
        _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using var changed = new SemaphoreSlim(0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        referenced.Changed += Wake;
        referenced.Fetch = (keys, caller) => FetchAsync(keys, caller, stop.Token);
        var following = all.RunAsync(sink, this, stop.Token);
        var reviewing = FollowReferencesAsync(changed, stop.Token);
        try
        {
            await (await Task.WhenAny(following, reviewing, _broken.Task).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            referenced.Changed -= Wake;
            referenced.Fetch = static (_, _) => Task.CompletedTask;
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(following, reviewing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await EndLoadsAsync().ConfigureAwait(false);
        }

        void Wake() => changed.Release();
    }

    public IKubernetesObject<V1ObjectMeta>? Known(ObjectKey key) => all.Known(key);

    public void Listing(ReflectorTarget target)
    {
        lock (_generations)
        {
            _generations[target] = referenced.Generation;
        }
    }

    public ValueTask ListedAsync(ReflectorTarget target, ObjectList list, bool isRestored, CancellationToken cancellation) => InTurnAsync(
        async () =>
        {
            var version = ResourceVersion.Number(list.Version);
            var found = list.Objects.Where(o => referenced.Contains(o.Key)).ToDictionary(o => o.Key);
            foreach (var (key, load) in _loads.Where(l => target.Covers(l.Key)))
            {
                load.Newest = isRestored ? version : Math.Max(load.Newest, version);
                load.IsVoid |= isRestored;
            }

            foreach (var (key, (ahead, answer)) in _ahead.Where(a => target.Covers(a.Key)).ToArray())
            {
                if (isRestored || ahead <= version)
                {
                    _ahead.Remove(key);
                }
                else if (answer is { } one)
                {
                    found[key] = one;
                }
                else
                {
                    found.Remove(key);
                }
            }

            _held.RemoveWhere(target.Covers);
            _held.UnionWith(found.Keys);
            await all.ListedAsync(target, list with { Objects = [.. found.Values] }, isRestored, cancellation).ConfigureAwait(false);
            _listed.Add(target);
            Forbidden.Remove(target);
            await Forbidden.ReviewAsync(_listed.Contains, cancellation).ConfigureAwait(false);

            // Those that were not referenced yet when the list began may have been passed over.
            Ask(referenced.NamedSince(Generation(target)).Where(key => target.Covers(key) && !_held.Contains(key)), cancellation);
        },
        cancellation);

    public ValueTask ChangedAsync(ReflectorTarget target, IReadOnlyList<WatchedObject> changes, string version, CancellationToken cancellation) => InTurnAsync(
        async () =>
        {
            var kept = changes.Where(IsNews).ToArray();
            foreach (var key in _ahead.Where(a => target.Covers(a.Key) && a.Value.Version <= ResourceVersion.Number(version)).Select(a => a.Key).ToArray())
            {
                _ahead.Remove(key);
            }

            if (kept.Length > 0)
            {
                await all.ChangedAsync(target, kept, version, cancellation).ConfigureAwait(false);
            }
        },
        cancellation);

    public ValueTask TroubledAsync(ReflectorTarget target, ReflectorTrouble? trouble, CancellationToken cancellation) => InTurnAsync(
        async () =>
        {
            if (trouble is null)
            {
                Forbidden.Remove(target);
            }
            else if (trouble.Code == 403)
            {
                Forbidden.Add(target, trouble.Text);
                var needed = Forbidden.Needed(target);
                trouble = needed.Length == 0 ? trouble : trouble with { Text = $"{trouble.Text}; it is needed for {needed.Length} Secrets such as {needed[0]}" };
            }

            await all.TroubledAsync(target, trouble, cancellation).ConfigureAwait(false);
            await Forbidden.ReviewAsync(_listed.Contains, cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>True for what is referenced and not older than what is known; keeps the account of it.</summary>
    private bool IsNews(WatchedObject change)
    {
        var (key, version) = (change.Object.Key, ResourceVersion.Number(change.Object.Version));
        if (!referenced.Contains(key))
        {
            return false;
        }

        if (_ahead.TryGetValue(key, out var answer) && version <= answer.Version)
        {
            return false;
        }

        if (_loads.TryGetValue(key, out var load))
        {
            load.Newest = Math.Max(load.Newest, version);
        }

        return change.Change == WatchChange.Delete ? _held.Remove(key) : _held.Add(key) || true;
    }

    private async Task FollowReferencesAsync(SemaphoreSlim changed, CancellationToken cancellation)
    {
        while (true)
        {
            await InTurnAsync(() => ReviewAsync(cancellation), cancellation).ConfigureAwait(false);
            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Lets go of what nobody references any more, and asks for what is referenced since the last review. That may be held all the same, or be
    /// asked for already: while nobody referenced it for a moment, what came of it was passed over.
    /// </summary>
    private async ValueTask ReviewAsync(CancellationToken cancellation)
    {
        var since = _reviewed;
        _reviewed = referenced.Generation;
        var gone = _held.Where(key => !referenced.Contains(key)).ToArray();
        if (gone.Length > 0)
        {
            _held.ExceptWith(gone);
            var changes = gone.Select(key => new WatchedObject(WatchChange.Delete, new(key, "", null, null))).ToArray();
            await all.ChangedAsync(targets[0], changes, "", cancellation).ConfigureAwait(false);
        }

        Ask(referenced.NamedSince(since).Where(key => _listed.Any(target => target.Covers(key))), cancellation);
        await Forbidden.ReviewAsync(_listed.Contains, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks for those that nothing is known of, and waits until they are delivered.</summary>
    private async Task FetchAsync(ImmutableArray<ObjectKey> keys, CancellationToken caller, CancellationToken running)
    {
        Task[] loads = [];
        await InTurnAsync(
            () =>
            {
                var unknown = keys.Where(key => !_held.Contains(key) && _listed.Any(target => target.Covers(key))).ToArray();
                Ask(unknown, running);
                loads = [.. unknown.Select(key => _loads[key].Task)];
                return ValueTask.CompletedTask;
            },
            caller).ConfigureAwait(false);
        if (loads.Length > 0)
        {
            await Task.WhenAll(loads).WaitAsync(Patience, time, caller).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            caller.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A question from before the reference may be answered with what was before, and is asked again.</summary>
    private void Ask(IEnumerable<ObjectKey> keys, CancellationToken cancellation)
    {
        foreach (var key in keys.ToArray())
        {
            if (_loads.TryGetValue(key, out var running))
            {
                running.IsVoid |= referenced.IsNamedSince(key, running.Generation);
                continue;
            }

            var load = new SecretQuestion(referenced.Generation);
            _loads[key] = load;
            load.Task = Task.Run(() => LoadAsync(key, load, cancellation), CancellationToken.None);
        }
    }

    private async Task LoadAsync(ObjectKey key, SecretQuestion load, CancellationToken cancellation)
    {
        try
        {
            for (var isOver = false; !isOver;)
            {
                var answer = await ask(key, cancellation).ConfigureAwait(false);
                await InTurnAsync(async () => isOver = await TakeAsync(key, load, answer, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (!cancellation.IsCancellationRequested)
        {
            _broken.TrySetException(broken);
        }
    }

    /// <summary>False when the question has to be asked again.</summary>
    private async Task<bool> TakeAsync(ObjectKey key, SecretQuestion load, ObjectList answer, CancellationToken cancellation)
    {
        if (load.IsVoid && referenced.Contains(key))
        {
            load.Repeat(referenced.Generation);
            return false;
        }

        _loads.Remove(key);
        var version = ResourceVersion.Number(answer.Version);
        if (!referenced.Contains(key) || version < load.Newest)
        {
            return true;
        }

        DecodedObject? found = answer.Objects.Count > 0 ? answer.Objects[0] : null;
        _ahead[key] = (version, found);
        var isChange = found is not null ? _held.Add(key) || true : _held.Remove(key);
        if (isChange)
        {
            var change = found is { } secret ? new WatchedObject(WatchChange.Upsert, secret) : new(WatchChange.Delete, new(key, "", null, null));
            await all.ChangedAsync(targets[0], [change], answer.Version, cancellation).ConfigureAwait(false);
        }

        return true;
    }

    private async Task EndLoadsAsync()
    {
        Task[] loads = [];
        await InTurnAsync(
            () =>
            {
                loads = [.. _loads.Values.Select(load => load.Task)];
                _loads.Clear();
                return ValueTask.CompletedTask;
            },
            CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(loads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private long Generation(ReflectorTarget target)
    {
        lock (_generations)
        {
            return _generations[target];
        }
    }

    /// <summary>One thing at a time: an answer must not overtake an event.</summary>
    private async ValueTask InTurnAsync(Func<ValueTask> step, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await step().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
