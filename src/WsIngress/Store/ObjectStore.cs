using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>All objects that the sources told of. One writer, the <see cref="SyncLoop"/>; its snapshots are immutable.</summary>
internal sealed class ObjectStore
{
    private readonly KindStore<V1Ingress> _ingresses = new();
    private readonly KindStore<V1IngressClass> _ingressClasses = new();
    private readonly KindStore<V1Service> _services = new();
    private readonly ServiceSlices _slices = new();
    private readonly KindStore<V1EndpointSlice> _endpointSlices;
    private readonly KindStore<V1Secret> _secrets = new();
    private readonly KindStore<V1Namespace> _namespaces = new();

    public ObjectStore() => _endpointSlices = new(_slices.Change);

    /// <summary>Counts the events that changed something.</summary>
    public long Version { get; private set; }

    /// <summary>EndpointSlices by Service, and the Services that were touched.</summary>
    public ServiceSlices Slices => _slices;

    /// <summary>Something changed since the last snapshot.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>True when the event changed something; it then marks the store dirty, whatever the kind.</summary>
    public bool Apply(in StoreEvent change)
    {
        var changed = change.Kind switch
        {
            ObjectKind.Ingress => _ingresses.Apply(change),
            ObjectKind.IngressClass => _ingressClasses.Apply(change),
            ObjectKind.Service => _services.Apply(change),
            ObjectKind.EndpointSlice => _endpointSlices.Apply(change),
            ObjectKind.Secret => _secrets.Apply(change),
            ObjectKind.Namespace => _namespaces.Apply(change),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "no such kind"),
        };
        IsDirty |= changed;
        Version += changed ? 1 : 0;
        return changed;
    }

    public V1Service? Service(ObjectKey key) => _services.Find(key);

    /// <summary>The last snapshot was of no use.</summary>
    public void MarkDirty() => IsDirty = true;

    /// <summary>The objects of now, and the store is clean.</summary>
    public ClusterSnapshot TakeSnapshot()
    {
        IsDirty = false;
        return new()
        {
            Ingresses = _ingresses.List(),
            IngressClasses = _ingressClasses.List(),
            Services = _services.List(),
            EndpointSlices = _endpointSlices.List(),
            Secrets = _secrets.List(),
            Namespaces = _namespaces.List(),
        };
    }
}
