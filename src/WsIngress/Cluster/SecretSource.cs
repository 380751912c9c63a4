using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using WsIngress.Sources;

namespace WsIngress.Cluster;

/// <summary>
/// The Secrets that are referenced, and no others. It begins when it is known which these are, so that the first table has its
/// certificates. One that is referenced later was thrown away when it came by: it is asked for by name, with the right to list alone. What a
/// watch or a list says of it meanwhile is newer than that answer may be, and wins.
/// </summary>
internal sealed class SecretSource(KindSource all, ReferencedSecrets referenced, Func<ObjectKey, CancellationToken, Task<DecodedObject?>> load, Func<Backoff> backoff, ILogger logger) : IObjectSource
{
    private readonly HashSet<ObjectKey> _held = [];
    private readonly HashSet<ObjectKey> _loading = [];

    public string Name => all.Name;

    public string? Trouble => all.Trouble;

    public async Task RunAsync(ISourceSink sink, CancellationToken cancellation)
    {
        await referenced.Complete.WaitAsync(cancellation).ConfigureAwait(false);
        using var inlet = new Inlet(this, sink);
        using var changed = new SemaphoreSlim(0);
        referenced.Changed += Wake;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var following = all.RunAsync(inlet, stop.Token);
        var loading = LoadAsync(inlet, changed, stop.Token);
        try
        {
            await (await Task.WhenAny(following, loading).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            referenced.Changed -= Wake;
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(following, loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void Wake() => changed.Release();
    }

    private async Task LoadAsync(Inlet inlet, SemaphoreSlim changed, CancellationToken cancellation)
    {
        await inlet.Listed.WaitAsync(cancellation).ConfigureAwait(false);
        while (true)
        {
            foreach (var key in await inlet.ReviewAsync(referenced.All(), cancellation).ConfigureAwait(false))
            {
                await LoadOneAsync(inlet, key, cancellation).ConfigureAwait(false);
            }

            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task LoadOneAsync(Inlet inlet, ObjectKey key, CancellationToken cancellation)
    {
        var wait = backoff();
        while (referenced.Contains(key) && inlet.IsLoading(key))
        {
            try
            {
                await inlet.LoadedAsync(key, await load(key, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
                return;
            }
            catch (ApiException refused)
            {
                logger.CannotLoadSecret(key.ToString(), refused.Message);
                await wait.WaitAsync(refused.RetryAfter, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Lets through what is referenced. One thing at a time: an answer must not overtake an event.</summary>
    private sealed class Inlet(SecretSource source, ISourceSink sink) : ISourceSink, IDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The first list went through.</summary>
        public Task Listed => _listed.Task;

        public async ValueTask DeliverAsync(SourceBatch batch, CancellationToken cancellation)
        {
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await sink.DeliverAsync(batch with { Events = [.. batch.Events.SelectMany(Filter)] }, cancellation).ConfigureAwait(false);
                if (batch.Synced)
                {
                    _listed.TrySetResult();
                }
            }
            finally
            {
                _turn.Release();
            }
        }

        /// <summary>Lets go of what nobody references any more; answers what is referenced and not held, and marks it as being loaded.</summary>
        public async Task<ObjectKey[]> ReviewAsync(IReadOnlySet<ObjectKey> named, CancellationToken cancellation)
        {
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var gone = source._held.Where(key => !named.Contains(key)).ToArray();
                if (gone.Length > 0)
                {
                    source._held.ExceptWith(gone);
                    await sink.DeliverAsync(new() { Events = [.. gone.Select(key => StoreEvent.Delete(ObjectKind.Secret, key))] }, cancellation).ConfigureAwait(false);
                }

                var missing = named.Where(key => !source._held.Contains(key)).ToArray();
                lock (source._loading)
                {
                    source._loading.UnionWith(missing);
                }

                return missing;
            }
            finally
            {
                _turn.Release();
            }
        }

        public bool IsLoading(ObjectKey key)
        {
            lock (source._loading)
            {
                return source._loading.Contains(key);
            }
        }

        public async Task LoadedAsync(ObjectKey key, DecodedObject? found, CancellationToken cancellation)
        {
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                if (Superseded(key) && found?.Object is { } secret)
                {
                    source._held.Add(key);
                    await sink.DeliverAsync(new() { Events = [StoreEvent.Upsert(secret)] }, cancellation).ConfigureAwait(false);
                }
            }
            finally
            {
                _turn.Release();
            }
        }

        public void Dispose() => _turn.Dispose();

        private IEnumerable<StoreEvent> Filter(StoreEvent change)
        {
            switch (change.Type)
            {
                case StoreEventType.Replace:
                    var kept = change.Objects.Where(Keep).ToArray();
                    foreach (var key in source._held.Where(key => change.Namespace is null || key.Namespace == change.Namespace).ToArray())
                    {
                        source._held.Remove(key);
                    }

                    source._held.UnionWith(kept.Select(ObjectKey.Of));
                    lock (source._loading)
                    {
                        source._loading.Clear();
                    }

                    return [StoreEvent.Replace(ObjectKind.Secret, kept, change.Namespace) with { Unread = change.Unread }];
                case StoreEventType.Upsert:
                    Superseded(ObjectKey.Of(change.Objects[0]));
                    if (!Keep(change.Objects[0]))
                    {
                        return [];
                    }

                    source._held.Add(ObjectKey.Of(change.Objects[0]));
                    return [change];
                default:
                    Superseded(change.Key);
                    return source._held.Remove(change.Key) ? [change] : [];
            }
        }

        /// <summary>Ends the loading of a Secret; true when it was under way, so that its answer still counts.</summary>
        private bool Superseded(ObjectKey key)
        {
            lock (source._loading)
            {
                return source._loading.Remove(key);
            }
        }

        private bool Keep(IKubernetesObject<V1ObjectMeta> secret) => source.IsReferenced(ObjectKey.Of(secret));
    }

    private bool IsReferenced(ObjectKey key) => referenced.Contains(key);
}
