using System.Collections.Concurrent;
using WsIngress.Sources;

namespace WsIngress.Cluster.Status;

/// <summary>How often one list went to one Ingress of late: more than once means that somebody else undoes it. Thread-safe.</summary>
internal sealed class RecentWrites(TimeProvider time)
{
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ObjectKey, (AddressList Addresses, int Count, long At)> _writes = new();
    private int _sinceSweep;

    /// <summary>With this one.</summary>
    public int Count(StatusChange change)
    {
        Sweep();
        var now = time.GetTimestamp();
        return _writes.AddOrUpdate(
            change.Key,
            _ => (change.Addresses, 1, now),
            (_, last) => last.Addresses.Equals(change.Addresses) && time.GetElapsedTime(last.At, now) < Forgotten ? (last.Addresses, last.Count + 1, now) : (change.Addresses, 1, now)).Count;
    }

    private void Sweep()
    {
        if (Interlocked.Increment(ref _sinceSweep) % 10_000 != 0)
        {
            return;
        }

        foreach (var (key, last) in _writes)
        {
            if (time.GetElapsedTime(last.At) >= Forgotten)
            {
                _writes.TryRemove(key, out _);
            }
        }
    }
}
