using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>
/// Which Secrets are worth keeping: those that our Ingresses and their Services name, and the one of the default certificate. It listens to the
/// events of these kinds on their way; a cluster's other Secrets are none of our business and never enter the store.
/// </summary>
internal sealed class ReferencedSecrets
{
    private readonly TranslationOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, V1Ingress> _ingresses = [];
    private readonly Dictionary<ObjectKey, V1Service> _services = [];
    private readonly Dictionary<ObjectKey, V1IngressClass> _classes = [];
    private readonly HashSet<ObjectKind> _awaited;
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HashSet<ObjectKey> _named = [];

    /// <param name="options">Which Ingresses are ours.</param>
    /// <param name="kinds">The kinds that will be told of; complete once each has been listed.</param>
    public ReferencedSecrets(TranslationOptions options, IEnumerable<ObjectKind> kinds)
    {
        _options = options;
        _awaited = [.. kinds];
        Recount();
    }

    /// <summary>Every awaited kind has been told of as a whole.</summary>
    public Task Complete => _complete.Task;

    /// <summary>The names changed. Called on the way of an event: whoever listens returns at once.</summary>
    public event Action? Changed;

    public bool Contains(ObjectKey secret)
    {
        lock (_gate)
        {
            return _named.Contains(secret);
        }
    }

    /// <summary>All that are named now; never changed afterwards.</summary>
    public IReadOnlySet<ObjectKey> All()
    {
        lock (_gate)
        {
            return _named;
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

    public void See(StoreEvent change)
    {
        bool changed;
        lock (_gate)
        {
            changed = change.Kind switch
            {
                ObjectKind.Ingress => Apply(_ingresses, change) && Recount(),
                ObjectKind.Service => Apply(_services, change) && Recount(),
                ObjectKind.IngressClass => Apply(_classes, change) && Recount(),
                _ => false,
            };
        }

        if (changed)
        {
            Changed?.Invoke();
        }
    }

    /// <summary>True when the change may name other Secrets than before.</summary>
    private static bool Apply<T>(Dictionary<ObjectKey, T> known, StoreEvent change)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        switch (change.Type)
        {
            case StoreEventType.Upsert:
                var key = ObjectKey.Of(change.Objects[0]);
                known.TryGetValue(key, out var old);
                var found = (T)change.Objects[0];
                Keep(known, key, found);
                return Matters(old) || Matters(found);
            case StoreEventType.Delete:
                return known.Remove(change.Key, out var gone) && Matters(gone);
            default:
                foreach (var stale in known.Keys.Where(k => change.Namespace is null || k.Namespace == change.Namespace).ToArray())
                {
                    if (change.Unread.IsDefaultOrEmpty || !change.Unread.Contains(stale))
                    {
                        known.Remove(stale);
                    }
                }

                foreach (var one in change.Objects)
                {
                    Keep(known, ObjectKey.Of(one), (T)one);
                }

                return true;
        }
    }

    /// <summary>Most Ingresses and Services name no Secret and are not even remembered.</summary>
    private static void Keep<T>(Dictionary<ObjectKey, T> known, ObjectKey key, T found)
        where T : class
    {
        if (Matters(found))
        {
            known[key] = found;
        }
        else
        {
            known.Remove(key);
        }
    }

    private static bool Matters(object? found) => found switch
    {
        V1Ingress ingress => SecretReferences.Of(ingress).Any(),
        V1Service service => SecretReferences.Of(service).Any(),
        V1IngressClass => true,
        _ => false,
    };

    private bool Recount()
    {
        var ownership = new IngressOwnership(_classes.Values, _options);
        var named = _ingresses.Values.Where(ownership.IsOurs).SelectMany(SecretReferences.Of)
            .Concat(_services.Values.SelectMany(SecretReferences.Of))
            .Select(found => new ObjectKey(found.Namespace, found.Name))
            .ToHashSet();
        if (_options.DefaultCertificate?.Split('/') is [var ns, var name])
        {
            named.Add(new(ns, name));
        }

        var changed = !named.SetEquals(_named);
        _named = named;
        return changed;
    }
}
