using k8s.Models;

namespace WsIngress.Translation;

/// <summary>Step 1: the objects of a snapshot by the keys under which the later steps ask for them.</summary>
internal sealed class SnapshotIndex
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";

    private readonly Dictionary<(string Namespace, string Name), V1Service> _services;
    private readonly Dictionary<(string Namespace, string Service), List<V1EndpointSlice>> _slices;
    private readonly Dictionary<(string Namespace, string Name), V1Secret> _secrets;
    private readonly Dictionary<string, V1IngressClass> _classes;

    public SnapshotIndex(ClusterSnapshot snapshot)
    {
        _services = new(snapshot.Services.Length);
        foreach (var service in snapshot.Services)
        {
            _services.TryAdd(Key(service.Metadata), service);
        }

        _slices = new(snapshot.EndpointSlices.Length);
        foreach (var slice in snapshot.EndpointSlices)
        {
            AddSlice(slice);
        }

        _secrets = new(snapshot.Secrets.Length);
        foreach (var secret in snapshot.Secrets)
        {
            _secrets.TryAdd(Key(secret.Metadata), secret);
        }

        _classes = new(snapshot.IngressClasses.Length, StringComparer.Ordinal);
        foreach (var ingressClass in snapshot.IngressClasses)
        {
            _classes.TryAdd(ingressClass.Metadata?.Name ?? "", ingressClass);
        }
    }

    public IEnumerable<V1IngressClass> Classes => _classes.Values;

    /// <summary>What was asked since it was last cleared, by those who read for one Ingress.</summary>
    public List<Lookup> Lookups { get; } = [];

    public V1Service? Service(string ns, string name) => _services.GetValueOrDefault((ns, name));

    public V1Service? ServiceFor(string ns, string name)
    {
        var service = Service(ns, name);
        Lookups.Add(new(LookupKind.Service, ns, name, service));
        return service;
    }

    public V1Secret? Secret(string ns, string name) => _secrets.GetValueOrDefault((ns, name));

    public V1Secret? SecretFor(string ns, string name)
    {
        var secret = Secret(ns, name);
        Lookups.Add(new(LookupKind.Secret, ns, name, secret));
        return secret;
    }

    public V1IngressClass? Class(string name) => _classes.GetValueOrDefault(name);

    /// <summary>The EndpointSlices that carry the Service's name as label, in no particular order.</summary>
    public IReadOnlyList<V1EndpointSlice> Slices(string ns, string service) => _slices.TryGetValue((ns, service), out var list) ? list : [];

    public IReadOnlyList<V1EndpointSlice> SlicesFor(string ns, string service)
    {
        var slices = Slices(ns, service);
        Lookups.Add(new(LookupKind.Slices, ns, service, slices.ToArray()));
        return slices;
    }

    private static (string Namespace, string Name) Key(V1ObjectMeta? metadata) => (metadata?.NamespaceProperty ?? "", metadata?.Name ?? "");

    private void AddSlice(V1EndpointSlice slice)
    {
        if (slice.Metadata?.Labels is not { } labels || !labels.TryGetValue(ServiceNameLabel, out var service) || string.IsNullOrEmpty(service))
        {
            return;
        }

        var key = (slice.Metadata.NamespaceProperty ?? "", service);
        if (!_slices.TryGetValue(key, out var list))
        {
            _slices[key] = list = new(1);
        }

        list.Add(slice);
    }
}
