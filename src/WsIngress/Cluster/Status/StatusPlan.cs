using k8s.Models;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Cluster.Status;

/// <summary>One status to write.</summary>
/// <param name="Key">The Ingress.</param>
/// <param name="SeenVersion">resourceVersion in the snapshot.</param>
/// <param name="Version">The newest resourceVersion known, for the write.</param>
/// <param name="Addresses">What to write; empty takes away.</param>
internal readonly record struct StatusChange(ObjectKey Key, string SeenVersion, string Version, AddressList Addresses);

/// <summary>
/// Compares what Ingresses have with what they should have. It knows which writes the watch has not shown yet, so that none is made
/// twice. Not thread-safe but for <see cref="Wrote"/>, <see cref="Outdated"/>.
/// </summary>
internal sealed class StatusPlan
{
    private const string LegacyClass = "kubernetes.io/ingress.class";

    private readonly Lock _lock = new();

    /// <summary>Written by us, or found outdated, since the snapshot's object.</summary>
    private readonly Dictionary<ObjectKey, Ahead> _ahead = [];

    /// <summary>Ingresses that this leader saw as ours, with the class that they named then.</summary>
    private readonly Dictionary<ObjectKey, (string Uid, string Class)> _ours = [];

    /// <summary>All that differs, in the order of the snapshot.</summary>
    /// <param name="status">The newest table, with its reports and objects.</param>
    /// <param name="addresses">For all that are ours; null leaves them as they are.</param>
    public List<StatusChange> Changes(SyncStatus status, AddressList? addresses)
    {
        var changes = new List<StatusChange>();
        if (status is not { Result: { } result, Snapshot: { } snapshot } || addresses is null)
        {
            return changes;
        }

        var present = new HashSet<ObjectKey>(snapshot.Ingresses.Length);
        lock (_lock)
        {
            foreach (var (ingress, report) in Reports.Join(snapshot, result))
            {
                var key = ObjectKey.Of(ingress);
                present.Add(key);
                if (Wanted(key, ingress, report, addresses) is { } wanted
                    && Newest(key, ingress) is { } newest
                    && !newest.Has.Equals(wanted))
                {
                    changes.Add(new(key, ingress.Metadata.ResourceVersion ?? "", newest.Version, wanted));
                }
            }

            Forget(_ahead, present);
            Forget(_ours, present);
        }

        return changes;
    }

    /// <summary>What would take our addresses away from all that have exactly these.</summary>
    public List<StatusChange> Clearing(SyncStatus status, AddressList addresses)
    {
        var changes = new List<StatusChange>();
        if (status is not { Result: { } result, Snapshot: { } snapshot })
        {
            return changes;
        }

        lock (_lock)
        {
            foreach (var (ingress, report) in Reports.Join(snapshot, result))
            {
                var key = ObjectKey.Of(ingress);
                if (report.State != IngressState.Ignored && Newest(key, ingress) is { } newest && newest.Has.Equals(addresses))
                {
                    changes.Add(new(key, ingress.Metadata.ResourceVersion ?? "", newest.Version, AddressList.Empty));
                }
            }
        }

        return changes;
    }

    /// <summary>Our write was done, and made <paramref name="version"/> of it.</summary>
    public void Wrote(StatusChange change, string version)
    {
        lock (_lock)
        {
            if (change.Addresses.IsEmpty)
            {
                _ours.Remove(change.Key);
            }

            string[] passed = _ahead.TryGetValue(change.Key, out var ahead) ? ahead.Passed : [];
            _ahead[change.Key] = new([.. passed, change.SeenVersion, change.Version], version, change.Addresses);
        }
    }

    /// <summary>The server has a newer object, or none: the watch will tell.</summary>
    public void Outdated(StatusChange change)
    {
        lock (_lock)
        {
            _ahead[change.Key] = new([change.SeenVersion], "", null);
        }
    }

    /// <summary>Null: it is none of our business.</summary>
    private AddressList? Wanted(ObjectKey key, V1Ingress ingress, IngressReport report, AddressList addresses)
    {
        var uid = ingress.Metadata.Uid ?? "";
        var named = ingress.Spec?.IngressClassName ?? (ingress.Metadata.Annotations is { } all && all.TryGetValue(LegacyClass, out var legacy) ? legacy : "");
        if (report.State != IngressState.Ignored)
        {
            _ours[key] = (uid, named);
            return addresses;
        }

        // Only what this leader itself saw leave, only once, and only while it has exactly our addresses: two controllers behind one
        // load balancer would otherwise take them from each other for ever. A class that is gone is no reason; it may come back.
        if (!_ours.TryGetValue(key, out var before) || before.Class == named)
        {
            return null;
        }

        var newest = Newest(key, ingress);
        if (before.Uid == uid && (newest is null || newest.Value.Has.Equals(addresses)))
        {
            return AddressList.Empty;
        }

        _ours.Remove(key);
        return null;
    }

    /// <summary>Null while the object that we know is outdated.</summary>
    private (AddressList Has, string Version)? Newest(ObjectKey key, V1Ingress ingress)
    {
        var version = ingress.Metadata.ResourceVersion ?? "";
        if (_ahead.TryGetValue(key, out var ahead))
        {
            if (Array.IndexOf(ahead.Passed, version) >= 0)
            {
                return ahead.Addresses is { } addresses ? (addresses, ahead.Version) : null;
            }

            _ahead.Remove(key);
        }

        return (AddressList.Of(ingress), version);
    }

    private static void Forget<T>(Dictionary<ObjectKey, T> known, HashSet<ObjectKey> present)
    {
        foreach (var key in known.Keys.Where(key => !present.Contains(key)).ToArray())
        {
            known.Remove(key);
        }
    }

    /// <summary>Versions that were newest once, and what we know to be so now; null addresses: something that we have not seen.</summary>
    private sealed record Ahead(string[] Passed, string Version, AddressList? Addresses);
}
