using System.Buffers.Binary;

namespace WsIngress.Relay;

/// <summary>
/// The relay's own Pings to one side and what is heard of it. One Ping at a time is unanswered: a peer may answer the last of several only
/// (RFC 6455 §5.5.3). Each carries 8 fresh random bytes, so no Pong of an application can be taken for an answer.
/// </summary>
internal sealed class KeepAlive(RelaySession session, RelaySide side, KeepAliveRules rules)
{
    /// <summary>Between two looks at a side that owes an answer, or that cannot be sent its Ping.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly long _timeout = session.Ticks(rules.Timeout);
    private long _nextAt = session.StartedTimestamp + Jittered(session, rules);
    private long _heardAt = session.StartedTimestamp;
    private long _sentAt;
    private ulong _mark;
    private long _roundTrip;
    private volatile bool _isDue;

    /// <summary>A Ping is to be written at the next frame boundary.</summary>
    internal bool IsDue => _isDue;

    /// <summary>Before this timestamp <see cref="Check"/> has nothing to find.</summary>
    internal long NextCheck => Volatile.Read(ref _nextAt);

    /// <summary>Of the last Ping that was answered.</summary>
    internal TimeSpan? RoundTrip => Volatile.Read(ref _roundTrip) is > 0 and var ticks ? session.Time.GetElapsedTime(0, ticks) : null;

    /// <summary>Bytes came from the side, or nobody looks whether any come.</summary>
    internal void Heard(long now)
    {
        Volatile.Write(ref _heardAt, now);
    }

    /// <summary>False when the side is dead.</summary>
    /// <param name="now">A timestamp of the session's clock.</param>
    /// <param name="stalledSince">Since when the side takes no bytes; 0 when it does.</param>
    internal bool Check(long now, long stalledSince)
    {
        if (now < _nextAt)
        {
            return true;
        }

        long sentAt = Volatile.Read(ref _sentAt);
        _isDue |= sentAt == 0;
        long deadline = Deadline(sentAt, stalledSince);
        Volatile.Write(ref _nextAt, Math.Min(deadline, now + session.Ticks(Look)));
        return now < deadline;
    }

    /// <summary>A Ping goes out now, with the payload that this fills in.</summary>
    internal void Send(Span<byte> payload)
    {
        RandomSupply.Fill(payload);
        long now = session.Time.GetTimestamp();
        _isDue = false;
        Volatile.Write(ref _mark, BinaryPrimitives.ReadUInt64BigEndian(payload));
        Volatile.Write(ref _sentAt, now);
        Volatile.Write(ref _nextAt, now + Jittered(session, rules));
    }

    /// <summary>True for the answer to our last Ping, which has no business on the other side, also when it comes twice.</summary>
    internal bool IsAnswer(ulong mark, long now)
    {
        if (mark != Volatile.Read(ref _mark) || mark == 0)
        {
            return false;
        }

        long sentAt = Interlocked.Exchange(ref _sentAt, 0);
        if (sentAt != 0)
        {
            Volatile.Write(ref _roundTrip, Math.Max(1, now - sentAt));
            session.Options.RoundTripMeasured?.Invoke(session, side, session.Time.GetElapsedTime(sentAt, now));
        }

        return true;
    }

    /// <summary>
    /// The whole timeout has to pass in silence, and of it what the interval leaves after the Ping. A Ping that cannot be written, because the side takes
    /// no bytes in the middle of a frame, is as good as unanswered.
    /// </summary>
    private long Deadline(long sentAt, long stalledSince)
    {
        long heard = Volatile.Read(ref _heardAt);
        if (sentAt != 0)
        {
            return Math.Max(heard + _timeout, sentAt + _timeout - session.Ticks(rules.Interval));
        }

        return stalledSince == 0 ? long.MaxValue : Math.Max(heard, stalledSince) + _timeout;
    }

    private static long Jittered(RelaySession session, KeepAliveRules rules)
    {
        Span<byte> random = stackalloc byte[1];
        RandomSupply.Fill(random);
        return session.Ticks(rules.Interval * (1 - (random[0] / 2560.0)));
    }
}
