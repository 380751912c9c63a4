using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>
/// The short way of a pod that comes or goes: its Service's EndpointSlices are merged anew and handed to the backends of that Service,
/// past the hold-off and past the translation of everything else. The translation follows later and comes to the same endpoints. Called by
/// the sync loop alone.
/// </summary>
internal sealed class EndpointPath(ObjectStore store, ITableSink sink)
{
    /// <summary>With more than these at once (a list after an outage) a translation of everything is as quick.</summary>
    private const int MostServices = 1000;

    /// <summary>Touched since the snapshot of the translation under way was taken: its table may make backends that were not live when these came.</summary>
    private readonly HashSet<ObjectKey> _sinceSnapshot = [];

    /// <summary>Hands over the endpoints of every Service that was touched; true when there was one.</summary>
    public bool Follow(bool isLive)
    {
        var touched = store.Slices.Touched;
        if (touched.Count == 0)
        {
            return false;
        }

        var hands = isLive && touched.Count <= MostServices;
        if (hands)
        {
            foreach (var service in touched)
            {
                HandOver(service);
            }
        }

        _sinceSnapshot.UnionWith(touched);
        touched.Clear();
        return hands;
    }

    /// <summary>A translation begins with all that was told so far.</summary>
    public void SnapshotTaken() => _sinceSnapshot.Clear();

    /// <summary>A translation has ended: what came meanwhile is handed to the backends that it made.</summary>
    public void Repeat()
    {
        foreach (var service in _sinceSnapshot)
        {
            HandOver(service);
        }
    }

    private void HandOver(ObjectKey key)
    {
        if (store.Service(key) is not { } service)
        {
            return;
        }

        foreach (var (backend, endpoints) in ServiceEndpoints.Of(service, store.Slices.Of(key)))
        {
            sink.SetEndpoints(backend, endpoints, store.Version);
        }
    }
}
