namespace WsIngress.Relay;

/// <summary>
/// What a direction knows when its frames are judged one by one: there is none where nothing is asked for, and then none of its costs. Its members
/// are for the direction's writer of the moment, save <see cref="StalledSince"/> and <see cref="IsPaused"/>, which any thread may read.
/// </summary>
internal sealed class FrameRules
{
    private readonly MessageRules? _limits;
    private readonly Buckets? _buckets;
    private long _messageSize;
    private long _stalledSince;
    private volatile bool _isPaused;
    private volatile bool _hasRefused;

    internal FrameRules(RelaySession session, RelaySide source, KeepAlive? fromSource, KeepAlive? toSink)
    {
        FromSource = fromSource;
        ToSink = toSink;
        _limits = Of(session.Options, source);
        _buckets = _limits is { Rate: > 0 } or { ByteRate: > 0 } ? new Buckets(_limits, session) : null;
    }

    /// <summary>There is something that frames from this source have to be looked at for.</summary>
    internal static bool AreNeeded(RelayOptions options, RelaySide source) =>
        Of(options, source) is not null || options.ClientPings is not null || options.BackendPings is not null || options.StallTimeout > TimeSpan.Zero;

    /// <summary>The Pings to the direction's source: their answers come in it.</summary>
    internal KeepAlive? FromSource { get; }

    /// <summary>The Pings to its sink: they go out in it.</summary>
    internal KeepAlive? ToSink { get; }

    /// <summary>What the driver keeps while the direction is paused.</summary>
    internal object? Kept { get; set; }

    /// <summary>Since when the sink takes no bytes although there are some; 0 when it does.</summary>
    internal long StalledSince
    {
        get => Volatile.Read(ref _stalledSince);
        set => Volatile.Write(ref _stalledSince, value);
    }

    /// <summary>The source is not read for a while, as it sent faster than it may.</summary>
    internal bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>A frame was refused for good: nothing of the source goes on any more.</summary>
    internal bool HasRefused
    {
        get => _hasRefused;
        set => _hasRefused = value;
    }

    /// <summary>When the pause is over.</summary>
    internal long PausedUntil { get; private set; }

    /// <summary>The limits, for the words of an ending.</summary>
    internal MessageRules Limits => _limits!;

    /// <summary>Judges the frame whose header was taken last.</summary>
    internal FrameVerdict Judge(in FrameScanner scanner, long now)
    {
        if (scanner.Opcode > FrameOpcode.Binary)
        {
            return scanner.IsHeldPong && FromSource is { } pings && pings.IsAnswer(scanner.Mark, now) ? FrameVerdict.Own : FrameVerdict.Pass;
        }

        if (_limits is not { } limits)
        {
            return FrameVerdict.Pass;
        }

        bool starts = scanner.Opcode != FrameOpcode.Continuation;
        ulong size = (starts ? 0 : (ulong)_messageSize) + scanner.RemainingInFrame;
        if (limits.MaxSize > 0 && size > (ulong)limits.MaxSize)
        {
            return FrameVerdict.TooBig;
        }

        _messageSize = (long)size;
        if (starts && limits.Rate > 0 && !_buckets!.Messages.TryTake(now))
        {
            PausedUntil = now + _buckets.Messages.Until(1, now);
            return limits.Exceeded == RateAction.Close ? FrameVerdict.TooFast : FrameVerdict.TooEarly;
        }

        return FrameVerdict.Pass;
    }

    /// <summary>Counts bytes of a data frame against the bytes per second.</summary>
    internal void Spend(in FrameScanner scanner, int bytes)
    {
        if (_limits is { ByteRate: > 0 } && scanner.Opcode <= FrameOpcode.Binary)
        {
            _buckets!.Bytes.Spend(bytes);
        }
    }

    /// <summary>More bytes were sent on than there may be.</summary>
    internal bool IsOverspent(long now)
    {
        if (_limits is not { ByteRate: > 0 } || _buckets!.Bytes.Until(0, now) is not (> 0 and var wait))
        {
            return false;
        }

        PausedUntil = now + wait;
        return true;
    }

    private static MessageRules? Of(RelayOptions options, RelaySide source) => source == RelaySide.Client ? options.FromClient : options.FromBackend;

    /// <summary>Of the rates; the larger part of all this, and seldom there.</summary>
    private sealed class Buckets
    {
        internal TokenBucket Messages;
        internal TokenBucket Bytes;

        internal Buckets(MessageRules limits, RelaySession session)
        {
            long frequency = session.Time.TimestampFrequency;
            if (limits.Rate > 0)
            {
                // Loops look at their clocks 20 times a second: a smaller bucket would spill what comes in between.
                Messages = new TokenBucket(limits.Rate, Math.Max(limits.Burst, limits.Rate / 10), session.StartedTimestamp, frequency);
            }

            if (limits.ByteRate > 0)
            {
                Bytes = new TokenBucket(limits.ByteRate, limits.ByteRate, session.StartedTimestamp, frequency);
            }
        }
    }
}

/// <summary>What becomes of a frame.</summary>
internal enum FrameVerdict
{
    Pass,

    /// <summary>It answers a Ping of the relay's own, and is taken out.</summary>
    Own,

    /// <summary>It would make its message too long.</summary>
    TooBig,

    /// <summary>It starts a message for which it is too early: it waits.</summary>
    TooEarly,

    /// <summary>It starts a message for which it is too early, and the socket ends.</summary>
    TooFast,
}
