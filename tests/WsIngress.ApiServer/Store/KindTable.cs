namespace WsIngress.ApiServer;

/// <summary>All objects of one kind, the ring of its last changes and its open watches. Callers hold the store's lock.</summary>
internal sealed class KindTable(ResourceKind kind, long oldest, int eventsKept)
{
    private SortedDictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
    private readonly Queue<StoreEvent> _events = new();

    public ResourceKind Kind { get; } = kind;

    /// <summary>A watch or a read of the past from before this revision is expired.</summary>
    public long Oldest { get; private set; } = oldest;

    public List<WatchSubscription> Watches { get; } = [];

    public IReadOnlyCollection<StoredObject> Objects => _objects.Values;

    public StoredObject? Find(string ns, string name) => _objects.GetValueOrDefault(StoredObject.KeyOf(ns, name));

    /// <summary>Stores the change, keeps it in the ring and hands it to the watches.</summary>
    public void Commit(StoreEvent change)
    {
        if (change.Type == StoreEvent.Deleted)
        {
            _objects.Remove(change.Current.Key);
        }
        else
        {
            _objects[change.Current.Key] = change.Current;
        }

        _events.Enqueue(change);
        while (_events.Count > eventsKept)
        {
            Oldest = _events.Dequeue().Version;
        }

        foreach (var watch in Watches)
        {
            watch.Offer(change);
        }
    }

    public IEnumerable<StoreEvent> EventsAfter(long version) => _events.Where(e => e.Version > version);

    /// <summary>The objects as they were at the revision; null when that is forgotten.</summary>
    public IReadOnlyCollection<StoredObject>? ObjectsAt(long version)
    {
        if (version < Oldest)
        {
            return null;
        }

        var past = new SortedDictionary<string, StoredObject>(_objects, StringComparer.Ordinal);
        foreach (var change in EventsAfter(version).Reverse())
        {
            if (change.Previous is null)
            {
                past.Remove(change.Current.Key);
            }
            else
            {
                past[change.Current.Key] = change.Previous;
            }
        }

        return past.Values;
    }

    /// <summary>Forgets all changes: every version before <paramref name="revision"/> is expired.</summary>
    public void Forget(long revision)
    {
        _events.Clear();
        Oldest = revision;
    }

    /// <summary>Replaces all objects, without events.</summary>
    public void Restore(IEnumerable<StoredObject> objects, long revision)
    {
        _objects = new SortedDictionary<string, StoredObject>(objects.ToDictionary(o => o.Key), StringComparer.Ordinal);
        Forget(revision);
    }
}
