using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Election;

/// <summary>
/// What a candidate knows of the Lease: how it was last seen, also after it was deleted, and since when. Only its own clock counts; the
/// times in the Lease are for people. Not thread-safe.
/// </summary>
internal sealed class LeaseSight(LeaseOptions options, TimeProvider time, ILogger logger)
{
    private LeaseRecord? _seen;
    private long _seenAt;
    private bool _deletionTold;

    /// <summary>acquireTime of the last term that we wrote or tried to write: an answer may be lost and the write done all the same.</summary>
    public string OwnAcquireTime { get; set; } = "";

    /// <summary>Somebody else who holds it or did last; empty for none.</summary>
    public string OtherHolder => _seen is { } seen && !IsOwn(seen) ? seen.Holder : "";

    /// <summary>Somebody may still lead by the Lease as it was last seen. Deletion does not end that: its leader learns of it at its next renewal.</summary>
    public bool IsHeld => _seen is { Holder.Length: > 0 } seen && !IsOwn(seen) && Remaining > TimeSpan.Zero;

    /// <summary>Until the Lease expires unless it is seen to change; zero or below when it has, or was never seen.</summary>
    public TimeSpan Remaining => _seen is { } seen ? seen.Duration - time.GetElapsedTime(_seenAt) : TimeSpan.Zero;

    /// <summary>The identity alone says too little: it may be this pod before its last restart, or another process that was given the same name.</summary>
    public bool IsOwn(LeaseRecord lease) => lease.Holder == options.Identity && lease.AcquireTime == OwnAcquireTime && OwnAcquireTime.Length > 0;

    /// <summary>Told after the answer has arrived: from here on its holder may count on it for at least what is left of its own deadline.</summary>
    /// <param name="found">Null: it is absent.</param>
    public void Observe(LeaseRecord? found)
    {
        if (found is null)
        {
            if (IsHeld && !_deletionTold)
            {
                _deletionTold = true;
                logger.Deleted(options.Namespace, options.Name, _seen!.Holder, Remaining.TotalSeconds);
            }

            return;
        }

        _deletionTold = false;
        if (_seen?.Spec == found.Spec)
        {
            return;
        }

        var isNews = _seen is null || (_seen.Holder, _seen.AcquireTime) != (found.Holder, found.AcquireTime);
        (_seen, _seenAt) = (found, time.GetTimestamp());
        if (!isNews || found.Holder.Length == 0 || IsOwn(found))
        {
            return;
        }

        if (found.Holder == options.Identity)
        {
            logger.SameIdentity(options.Namespace, options.Name, options.Identity);
        }
        else
        {
            logger.Held(options.Namespace, options.Name, found.Holder, found.Duration.TotalSeconds, options.Identity);
        }
    }
}
