namespace WsIngress.Relay;

/// <summary>The relay's own Pings to one side.</summary>
/// <param name="Interval">Between two of them; the first one is due after it. Each comes up to a tenth earlier, so that sockets that opened together do not stay together.</param>
/// <param name="Timeout">Without a byte of the side for this long, a Ping among the silence, the side is dead. Longer than the interval.</param>
public sealed record KeepAliveRules(TimeSpan Interval, TimeSpan Timeout)
{
    internal void Validate(string name)
    {
        if (Interval <= TimeSpan.Zero || Timeout <= Interval)
        {
            throw new ArgumentOutOfRangeException(name, this, $"{name} needs an interval above zero and a timeout above the interval.");
        }
    }
}

/// <summary>What becomes of a side that sends more than it may.</summary>
public enum RateAction
{
    /// <summary>It is read more slowly: its own system holds the rest back.</summary>
    Delay,

    /// <summary>Its socket ends with message-rate.</summary>
    Close,
}

/// <summary>What one side may send. Control frames are exempt. A zero is no limit.</summary>
public sealed record MessageRules
{
    /// <summary>Most payload bytes of one message, over all its fragments, as they pass: those of a compressed message are counted compressed.</summary>
    public long MaxSize { get; init; }

    /// <summary>Messages per second.</summary>
    public double Rate { get; init; }

    /// <summary>Messages that may come at once after a rest; at least 1, and never less than a tenth of a second's worth.</summary>
    public double Burst { get; init; } = 1;

    /// <summary>Bytes of data frames per second. A rest of one second may be spent at once.</summary>
    public double ByteRate { get; init; }

    public RateAction Exceeded { get; init; }

    internal void Validate(string name)
    {
        if (MaxSize < 0 || !(Rate >= 0) || !(Burst >= 1) || !(ByteRate >= 0) || double.IsInfinity(Rate + Burst + ByteRate))
        {
            throw new ArgumentOutOfRangeException(name, this, $"{name} needs figures that are not negative and a burst of at least 1.");
        }
    }
}
