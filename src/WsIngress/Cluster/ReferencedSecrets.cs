using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>
/// Which Secrets are worth keeping: those that our Ingresses and their Services name, and the one of the default certificate. It listens to the
/// events of these kinds on their way; a cluster's other Secrets are none of our business and never enter the store. A change of one Ingress
/// costs what that Ingress names; a change of classes, namespaces or annotated Services counts all anew.
/// </summary>
internal sealed class ReferencedSecrets
{
    private readonly TranslationOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, V1Ingress> _ingresses = [];
    private readonly Dictionary<ObjectKey, V1IngressClass> _classes = [];
    private readonly Dictionary<ObjectKey, V1Namespace> _namespaces = [];

    /// <summary>Only those that name a Secret.</summary>
    private readonly Dictionary<ObjectKey, V1Service> _services = [];

    /// <summary>How often each Secret is named, since which generation, and if no longer: in which generation it went.</summary>
    private readonly Dictionary<ObjectKey, (int Uses, long Since, long Gone)> _named = [];
    private readonly List<ObjectKey> _added = [];
    private readonly List<ObjectKey> _gone = [];

    /// <summary>Named no longer by changes that were not delivered.</summary>
    private readonly List<ObjectKey> _orphans = [];
    private readonly HashSet<ObjectKind> _awaited;
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IngressOwnership _ownership;
    private long _generation;
    private bool _isStale = true;

    /// <param name="options">Which Ingresses are ours.</param>
    /// <param name="kinds">The kinds that will be told of; complete once each has been listed.</param>
    public ReferencedSecrets(TranslationOptions options, IEnumerable<ObjectKind> kinds)
    {
        _options = options;
        _awaited = [.. kinds];
        _ownership = new([], [], options);
        CountAll();
    }

    /// <summary>Every awaited kind has been told of as a whole.</summary>
    public Task Complete => _complete.Task;

    /// <summary>Something may be named that was not, or no longer. Called on the way of an event: whoever listens returns at once.</summary>
    public event Action? Changed;

    /// <summary>Gets Secrets that were not named before; ends when they are on their way to the sync loop, or after a bounded wait.</summary>
    public Func<ImmutableArray<ObjectKey>, CancellationToken, Task> Fetch { get; set; } = static (_, _) => Task.CompletedTask;

    public bool Contains(ObjectKey secret)
    {
        lock (_gate)
        {
            return _named.ContainsKey(secret);
        }
    }

    /// <summary>Rises with every change.</summary>
    public long Generation
    {
        get
        {
            lock (_gate)
            {
                return _generation;
            }
        }
    }

    /// <summary>Those that are named now and were not all the time since a generation.</summary>
    public ObjectKey[] NamedSince(long generation)
    {
        lock (_gate)
        {
            return [.. _named.Where(entry => entry.Value.Since > generation).Select(entry => entry.Key)];
        }
    }

    /// <summary>It is named now and was not all the time since a generation.</summary>
    public bool IsNamedSince(ObjectKey secret, long generation)
    {
        lock (_gate)
        {
            return _named.TryGetValue(secret, out var named) && named.Since > generation;
        }
    }

    /// <summary>The kind has been listed in all its namespaces.</summary>
    public void Listed(ObjectKind kind)
    {
        lock (_gate)
        {
            if (_awaited.Remove(kind) && _awaited.Count == 0)
            {
                _complete.TrySetResult();
            }
        }
    }

    /// <summary>
    /// Counts what the changes name. A Secret that is named no longer counts until <see cref="LetGo"/>: the objects that named it are served from it until the
    /// changes are where they go.
    /// </summary>
    public NamedSecrets See(ImmutableArray<StoreEvent> changes)
    {
        NamedSecrets named;
        lock (_gate)
        {
            _generation++;
            _added.Clear();
            _gone.Clear();
            foreach (var change in changes)
            {
                See(change);
            }

            if (_isStale)
            {
                CountAll();
            }

            // Named for a moment, or gone for one.
            _gone.AddRange(_orphans.Where(_named.ContainsKey));
            _orphans.Clear();
            named = new([.. _added.Where(key => _named[key].Uses > 0)], [.. _gone.Where(key => _named[key].Uses == 0)], _generation);
        }

        if (named.Added.Length > 0)
        {
            Changed?.Invoke();
        }

        return named;
    }

    /// <summary>What the changes named no longer is forgotten, unless it is named again.</summary>
    public void LetGo(NamedSecrets changes)
    {
        if (changes.Gone.IsDefaultOrEmpty)
        {
            return;
        }

        lock (_gate)
        {
            _generation++;
            foreach (var key in changes.Gone)
            {
                if (_named.TryGetValue(key, out var named) && named.Uses == 0 && named.Gone <= changes.Generation)
                {
                    _named.Remove(key);
                }
            }
        }

        Changed?.Invoke();
    }

    /// <summary>The changes were not delivered: what they named no longer goes with the next.</summary>
    public void Orphan(NamedSecrets changes)
    {
        lock (_gate)
        {
            _orphans.AddRange(changes.Gone);
        }
    }

    private void See(in StoreEvent change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Ingress when change.Type == StoreEventType.Replace:
                Replace(_ingresses, change);
                _isStale = true;
                break;
            case ObjectKind.Ingress:
                See(change.Type == StoreEventType.Delete ? change.Key : ObjectKey.Of(change.Objects[0]), change.Type == StoreEventType.Delete ? null : (V1Ingress)change.Objects[0]);
                break;
            case ObjectKind.Service:
                _isStale |= Apply(_services, change, service => SecretReferences.Of(service) is not null);
                break;
            case ObjectKind.IngressClass:
                _isStale |= Apply(_classes, change, static _ => true);
                break;
            case ObjectKind.Namespace:
                _isStale |= Apply(_namespaces, change, static _ => true);
                break;
        }
    }

    private void See(ObjectKey key, V1Ingress? found)
    {
        _ingresses.Remove(key, out var old);
        if (found is not null)
        {
            _ingresses[key] = found;
        }

        if (_isStale)
        {
            return;
        }

        // The new names first: what is named before and after is never let go.
        Count(found, 1);
        Count(old, -1);
    }

    /// <summary>True when the change may name other Secrets than before.</summary>
    private static bool Apply<T>(Dictionary<ObjectKey, T> known, in StoreEvent change, Func<T, bool> matters)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        switch (change.Type)
        {
            case StoreEventType.Replace:
                Replace(known, change, matters);
                return true;
            case StoreEventType.Delete:
                return known.Remove(change.Key);
            default:
                var (key, found) = (ObjectKey.Of(change.Objects[0]), (T)change.Objects[0]);
                var was = known.Remove(key);
                var matter = matters(found);
                if (matter)
                {
                    known[key] = found;
                }

                return was || matter;
        }
    }

    private static void Replace<T>(Dictionary<ObjectKey, T> known, in StoreEvent change, Func<T, bool>? matters = null)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        var unread = change.Unread.IsDefaultOrEmpty ? null : change.Unread.ToHashSet();
        foreach (var key in known.Keys)
        {
            if ((change.Namespace is null || key.Namespace == change.Namespace) && unread?.Contains(key) != true)
            {
                known.Remove(key);
            }
        }

        foreach (var one in change.Objects)
        {
            if (matters?.Invoke((T)one) != false)
            {
                known[ObjectKey.Of(one)] = (T)one;
            }
        }
    }

    private void CountAll()
    {
        _isStale = false;
        _ownership = new(_classes.Values, _namespaces.Values, _options);
        // What was named no longer before is on its way with the changes that did so, which let it go when they have arrived.
        var counted = _named.Where(entry => entry.Value.Uses > 0).Select(entry => entry.Key).ToArray();
        foreach (var key in counted)
        {
            _named[key] = _named[key] with { Uses = 0 };
        }

        foreach (var ingress in _ingresses.Values)
        {
            Count(ingress, 1);
        }

        if (_options.DefaultCertificate?.Split('/') is [var ns, var name])
        {
            Count(new ObjectKey(ns, name), 1);
        }

        foreach (var key in counted)
        {
            if (_named[key].Uses == 0)
            {
                _named[key] = _named[key] with { Gone = _generation };
                _gone.Add(key);
            }
        }
    }

    private void Count(V1Ingress? ingress, int uses)
    {
        if (ingress is null || !_ownership.IsOurs(ingress))
        {
            return;
        }

        foreach (var (ns, name) in SecretReferences.Of(ingress, service => _services.GetValueOrDefault(new(service.Namespace, service.Name))))
        {
            Count(new ObjectKey(ns, name), uses);
        }
    }

    private void Count(ObjectKey secret, int uses)
    {
        if (!_named.TryGetValue(secret, out var named))
        {
            named = (0, _generation, 0);
            _added.Add(secret);
        }

        _named[secret] = named with { Uses = named.Uses + uses, Gone = _generation };
        if (named.Uses + uses == 0)
        {
            _gone.Add(secret);
        }
    }
}

/// <summary>What changes of objects did to the names of Secrets.</summary>
/// <param name="Added">Named now and not before.</param>
/// <param name="Gone">Named before and not now.</param>
/// <param name="Generation">When.</param>
internal readonly record struct NamedSecrets(ImmutableArray<ObjectKey> Added, ImmutableArray<ObjectKey> Gone, long Generation);
