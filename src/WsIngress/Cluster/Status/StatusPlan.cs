using k8s.Models;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Cluster.Status;

/// <summary>One status to write.</summary>
/// <param name="Key">The Ingress.</param>
/// <param name="Uid">Of the Ingress.</param>
/// <param name="SeenVersion">resourceVersion in the snapshot.</param>
/// <param name="Version">The newest resourceVersion known, for the write.</param>
/// <param name="Has">What it has in that version.</param>
/// <param name="Addresses">What to write; empty takes away.</param>
internal readonly record struct StatusChange(ObjectKey Key, string Uid, string SeenVersion, string Version, AddressList Has, AddressList Addresses);

/// <summary>
/// Compares what Ingresses have with what they should have. It knows which writes the watch has not shown yet, so that none is made
/// twice, and it looks again only at what is not as it was: a snapshot keeps the reference of each object that did not change. Not
/// thread-safe but for <see cref="Wrote"/>, <see cref="Outdated"/>.
/// </summary>
internal sealed class StatusPlan
{
    private const string LegacyClass = "kubernetes.io/ingress.class";

    private readonly Lock _lock = new();

    /// <summary>Written by us, or found outdated, since the snapshot's object.</summary>
    private readonly Dictionary<ObjectKey, Ahead> _ahead = [];

    /// <summary>Ingresses that this leader saw as ours, with the class that they named then.</summary>
    private readonly Dictionary<ObjectKey, (string Uid, string Class)> _ours = [];

    /// <summary>What was found at the last look, in the order of the snapshot, and room for the next.</summary>
    private List<Look> _looks = [];
    private List<Look> _next = [];

    /// <summary>The last that were known; null before any were.</summary>
    private AddressList? _addresses;

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

        lock (_lock)
        {
            var isSame = addresses.Equals(_addresses);
            _addresses = addresses;
            var old = 0;
            foreach (var (ingress, report) in Reports.Join(snapshot, result))
            {
                while (old < _looks.Count && !ReferenceEquals(_looks[old].Ingress, ingress) && IsBefore(_looks[old].Ingress, ingress, out var isGone))
                {
                    Forget(_looks[old++].Ingress, isGone);
                }

                var known = old < _looks.Count && ReferenceEquals(_looks[old].Ingress, ingress) ? _looks[old++] : default;
                _next.Add(isSame && known.IsSettled && ReferenceEquals(known.Report, report) ? known : Compare(ingress, report, known.Has ?? AddressList.Of(ingress), addresses, changes));
            }

            for (; old < _looks.Count; old++)
            {
                Forget(_looks[old].Ingress, isGone: true);
            }

            (_looks, _next) = (_next, _looks);
            _next.Clear();
        }

        return changes;
    }

    /// <summary>
    /// What would take our addresses away from all that are ours and have exactly these: the last that were known, and the Ingresses that were
    /// ours at any look. When all is taken down, the Service and the IngressClass by which they were found are often gone first.
    /// </summary>
    public List<StatusChange> Clearing(SyncStatus status)
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
                var (key, uid) = (ObjectKey.Of(ingress), ingress.Metadata.Uid ?? "");
                if ((report.State != IngressState.Ignored || (_ours.TryGetValue(key, out var known) && known.Uid == uid))
                    && Newest(key, ingress, AddressList.Of(ingress)) is { } newest
                    && newest.Has.Equals(_addresses))
                {
                    changes.Add(new(key, uid, ingress.Metadata.ResourceVersion ?? "", newest.Version, newest.Has, AddressList.Empty));
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

    /// <summary>It stays settled for as long as Ingress, report and addresses stay the same and nothing was written or refused.</summary>
    private Look Compare(V1Ingress ingress, IngressReport report, AddressList has, AddressList addresses, List<StatusChange> changes)
    {
        var key = ObjectKey.Of(ingress);
        if (Wanted(key, ingress, has, report, addresses) is { } wanted)
        {
            if (Newest(key, ingress, has) is not { } newest)
            {
                return new(ingress, report, has, IsSettled: false);
            }

            if (!newest.Has.Equals(wanted))
            {
                changes.Add(new(key, ingress.Metadata.Uid ?? "", ingress.Metadata.ResourceVersion ?? "", newest.Version, newest.Has, wanted));
                return new(ingress, report, has, IsSettled: false);
            }
        }

        return new(ingress, report, has, IsSettled: !_ahead.ContainsKey(key));
    }

    /// <summary>Null: it is none of our business.</summary>
    private AddressList? Wanted(ObjectKey key, V1Ingress ingress, AddressList has, IngressReport report, AddressList addresses)
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

        var newest = Newest(key, ingress, has);
        if (before.Uid == uid && (newest is null || newest.Value.Has.Equals(addresses)))
        {
            return AddressList.Empty;
        }

        _ours.Remove(key);
        return null;
    }

    /// <summary>Null while the object that we know is outdated.</summary>
    private (AddressList Has, string Version)? Newest(ObjectKey key, V1Ingress ingress, AddressList has)
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

        return (has, version);
    }

    /// <summary>True for one that stands before the other, or in its place.</summary>
    private static bool IsBefore(V1Ingress one, V1Ingress other, out bool isGone)
    {
        var order = ObjectKey.Of(one).CompareTo(ObjectKey.Of(other));
        isGone = order < 0;
        return order <= 0;
    }

    private void Forget(V1Ingress ingress, bool isGone)
    {
        if (isGone)
        {
            _ahead.Remove(ObjectKey.Of(ingress));
            _ours.Remove(ObjectKey.Of(ingress));
        }
    }

    /// <summary>Versions that were newest once, and what we know to be so now; null addresses: something that we have not seen.</summary>
    private sealed record Ahead(string[] Passed, string Version, AddressList? Addresses);

    /// <summary>One Ingress as it was looked at; settled when nothing was to be done about it.</summary>
    private readonly record struct Look(V1Ingress Ingress, IngressReport Report, AddressList Has, bool IsSettled);
}
