using k8s;
using k8s.Models;

namespace WsIngress.Translation;

/// <summary>Step 1: the objects of a snapshot by the keys under which the later steps ask for them.</summary>
internal sealed class SnapshotIndex
{
    /// <summary>More single changes than these are read anew, all together.</summary>
    private const int MostSingleChanges = 2_000;

    private readonly Dictionary<(string Namespace, string Name), V1Service> _services = [];
    private readonly Dictionary<(string Namespace, string Service), List<V1EndpointSlice>> _slices = [];
    private readonly Dictionary<(string Namespace, string Name), V1Secret> _secrets = [];
    private readonly Dictionary<string, V1IngressClass> _classes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _namespaces = new(StringComparer.Ordinal);
    private ClusterSnapshot _snapshot;

    public SnapshotIndex(ClusterSnapshot snapshot)
    {
        _snapshot = snapshot;
        _services.EnsureCapacity(snapshot.Services.Length);
        foreach (var service in snapshot.Services)
        {
            _services.TryAdd(Key(service.Metadata), service);
        }

        _slices.EnsureCapacity(snapshot.EndpointSlices.Length);
        foreach (var slice in snapshot.EndpointSlices)
        {
            AddSlice(slice);
        }

        _secrets.EnsureCapacity(snapshot.Secrets.Length);
        foreach (var secret in snapshot.Secrets)
        {
            _secrets.TryAdd(Key(secret.Metadata), secret);
        }

        foreach (var ingressClass in snapshot.IngressClasses)
        {
            _classes.TryAdd(ingressClass.Metadata?.Name ?? "", ingressClass);
        }

        _namespaces.UnionWith(snapshot.Namespaces.Select(ns => ns.Metadata?.Name ?? ""));
    }

    /// <summary>Hashes of the look-ups that may find something else than in the snapshot before.</summary>
    public HashSet<int> Changed { get; } = [];

    /// <summary>Becomes the index of the next snapshot where that differs little from this one; false when it has to be made anew.</summary>
    public bool TryMoveTo(ClusterSnapshot next)
    {
        Changed.Clear();
        var services = ListDifference.Sorted(_snapshot.Services, next.Services);
        var slices = ListDifference.Sorted(_snapshot.EndpointSlices, next.EndpointSlices);
        var secrets = ListDifference.Sorted(_snapshot.Secrets, next.Secrets);
        if (!ListDifference.Between(_snapshot.IngressClasses, next.IngressClasses).IsEmpty
            || !ListDifference.Between(_snapshot.Namespaces, next.Namespaces).IsEmpty
            || services.Count + slices.Count + secrets.Count > MostSingleChanges)
        {
            return false;
        }

        _snapshot = next;
        Move(_services, services, LookupKind.Service);
        Move(_secrets, secrets, LookupKind.Secret);
        foreach (var slice in slices.Gone)
        {
            RemoveSlice(slice);
        }

        foreach (var slice in slices.Come)
        {
            AddSlice(slice);
        }

        return true;
    }

    public IEnumerable<V1IngressClass> Classes => _classes.Values;

    /// <summary>What was asked since it was last cleared, by those who read for one Ingress.</summary>
    public List<Lookup> Lookups { get; } = [];

    public V1Service? Service(string ns, string name) => _services.GetValueOrDefault((ns, name));

    public V1Service? ServiceFor(string ns, string name)
    {
        var service = Service(ns, name);
        Lookups.Add(new(LookupKind.Service, ns, name));
        return service;
    }

    public V1Secret? Secret(string ns, string name) => _secrets.GetValueOrDefault((ns, name));

    public V1Secret? SecretFor(string ns, string name)
    {
        var secret = Secret(ns, name);
        Lookups.Add(new(LookupKind.Secret, ns, name));
        return secret;
    }

    /// <summary>The namespace selector chose it.</summary>
    public bool HasNamespace(string name) => _namespaces.Contains(name);

    public V1IngressClass? Class(string name) => _classes.GetValueOrDefault(name);

    /// <summary>The EndpointSlices that carry the Service's name as label, in no particular order.</summary>
    public IReadOnlyList<V1EndpointSlice> Slices(string ns, string service) => _slices.TryGetValue((ns, service), out var list) ? list : [];

    public IReadOnlyList<V1EndpointSlice> SlicesFor(string ns, string service)
    {
        var slices = Slices(ns, service);
        Lookups.Add(new(LookupKind.Slices, ns, service));
        return slices;
    }

    private static (string Namespace, string Name) Key(V1ObjectMeta? metadata) => (metadata?.NamespaceProperty ?? "", metadata?.Name ?? "");

    private void Move<T>(Dictionary<(string, string), T> known, ListDifference<T> difference, LookupKind kind)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        foreach (var gone in difference.Gone)
        {
            known.Remove(Key(gone.Metadata));
            Changed.Add(Lookup.HashOf(kind, Key(gone.Metadata)));
        }

        foreach (var come in difference.Come)
        {
            known.TryAdd(Key(come.Metadata), come);
            Changed.Add(Lookup.HashOf(kind, Key(come.Metadata)));
        }
    }

    private void AddSlice(V1EndpointSlice slice)
    {
        if (ServiceEndpoints.ServiceOf(slice) is not { } key)
        {
            return;
        }

        Changed.Add(Lookup.HashOf(LookupKind.Slices, key));
        if (!_slices.TryGetValue(key, out var list))
        {
            _slices[key] = list = new(1);
        }

        list.Add(slice);
    }

    private void RemoveSlice(V1EndpointSlice slice)
    {
        if (ServiceEndpoints.ServiceOf(slice) is not { } key || !_slices.TryGetValue(key, out var list))
        {
            return;
        }

        Changed.Add(Lookup.HashOf(LookupKind.Slices, key));
        list.Remove(slice);
        if (list.Count == 0)
        {
            _slices.Remove(key);
        }
    }
}
