using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>All objects under one revision counter. Every member is safe to call from any thread.</summary>
internal sealed class ObjectStore
{
    private readonly Dictionary<string, KindTable> _tables;

    public ObjectStore(long firstRevision, int eventsKept)
    {
        Revision = firstRevision;
        _tables = ResourceKind.All.ToDictionary(k => k.Plural, k => new KindTable(k, firstRevision, eventsKept));
    }

    /// <summary>Held over every read and write that must be seen as one; may be taken again by its holder.</summary>
    public Lock Gate { get; } = new();

    public long Revision { get; private set; }

    /// <summary>Pulsed when a watch opens or closes.</summary>
    public ChangeSignal WatchesChanged { get; } = new();

    public StoredObject? Find(ResourceKind kind, string ns, string name)
    {
        lock (Gate)
        {
            return Table(kind).Find(ns, name);
        }
    }

    /// <summary>The present objects and the revision they are of.</summary>
    public (StoredObject[] Objects, long Revision) Read(ResourceKind kind)
    {
        lock (Gate)
        {
            return ([.. Table(kind).Objects], Revision);
        }
    }

    /// <summary>The objects of a past revision; null when it is forgotten.</summary>
    public StoredObject[]? ReadAt(ResourceKind kind, long version)
    {
        lock (Gate)
        {
            return Table(kind).ObjectsAt(version)?.ToArray();
        }
    }

    /// <summary>Stores the next version of an object under a new revision.</summary>
    public StoredObject Put(ResourceKind kind, JsonObject json)
    {
        lock (Gate)
        {
            var revision = ++Revision;
            json["metadata"]!["resourceVersion"] = revision.ToString();
            var stored = new StoredObject(kind, ObjectForm.Reread(ObjectForm.Ordered(json)));
            var table = Table(kind);
            var previous = table.Find(stored.Namespace, stored.Name);
            table.Commit(new StoreEvent(previous is null ? StoreEvent.Added : StoreEvent.Modified, revision, stored, previous));
            return stored;
        }
    }

    public void Remove(StoredObject stored)
    {
        lock (Gate)
        {
            var revision = ++Revision;
            Table(stored.Kind).Commit(new StoreEvent(StoreEvent.Deleted, revision, stored.At(revision), stored));
        }
    }

    /// <summary>Registers a watch; the events after its start, or the present objects, are in it at once.</summary>
    /// <exception cref="ApiFailure">410: the version is forgotten.</exception>
    public void Open(WatchSubscription watch)
    {
        lock (Gate)
        {
            var table = Table(watch.Kind);
            if (watch.From is { } from)
            {
                if (from < table.Oldest)
                {
                    throw ApiFailure.ExpiredWatch(from, table.Oldest);
                }

                foreach (var change in table.EventsAfter(from))
                {
                    watch.Offer(change);
                }
            }
            else
            {
                foreach (var stored in table.Objects)
                {
                    watch.Offer(new StoreEvent(StoreEvent.Added, stored.Version, stored, null));
                }
            }

            if (watch.SendsInitialEnd)
            {
                watch.OfferBookmark(Revision, initialEnd: true);
            }

            table.Watches.Add(watch);
        }

        WatchesChanged.Pulse();
    }

    public void Close(WatchSubscription watch)
    {
        lock (Gate)
        {
            Table(watch.Kind).Watches.Remove(watch);
        }

        WatchesChanged.Pulse();
    }

    /// <summary>The open watches of a kind, or of all.</summary>
    public WatchSubscription[] Watches(string? plural)
    {
        lock (Gate)
        {
            return [.. _tables.Values.Where(t => plural is null || t.Kind.Plural == plural).SelectMany(t => t.Watches)];
        }
    }

    /// <summary>Queues a bookmark at the present revision, behind all changes up to it.</summary>
    public void Bookmark(IEnumerable<WatchSubscription> watches)
    {
        lock (Gate)
        {
            foreach (var watch in watches)
            {
                watch.OfferBookmark(Revision, initialEnd: false);
            }
        }
    }

    /// <summary>Forgets the changes of a kind, or of all.</summary>
    public void Forget(string? plural)
    {
        lock (Gate)
        {
            foreach (var table in _tables.Values.Where(t => plural is null || t.Kind.Plural == plural))
            {
                table.Forget(Revision);
            }
        }
    }

    /// <summary>Moves the revision on without a change of an object, as writes to kinds outside the table do.</summary>
    public void Skip(long revisions = 1)
    {
        lock (Gate)
        {
            Revision += revisions;
        }
    }

    public Backup Save()
    {
        lock (Gate)
        {
            return new Backup(Revision, [.. _tables.Values.SelectMany(t => t.Objects)]);
        }
    }

    public void Restore(Backup backup)
    {
        lock (Gate)
        {
            Revision = backup.Revision;
            foreach (var table in _tables.Values)
            {
                table.Restore(backup.Objects.Where(o => o.Kind == table.Kind), Revision);
            }
        }
    }

    private KindTable Table(ResourceKind kind) => _tables[kind.Plural];
}
