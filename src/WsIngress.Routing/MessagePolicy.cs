namespace WsIngress.Routing;

/// <summary>Who gets the ingress's own Pings.</summary>
public enum PingTarget
{
    Both,
    Client,
    Pod,
}

/// <summary>What becomes of a client that sends faster than it may.</summary>
public enum RateExceeded
{
    /// <summary>It is read more slowly.</summary>
    Delay,

    /// <summary>Its socket ends with 1008.</summary>
    Close,
}

/// <summary>What may pass an open socket, and how it is found dead. Every zero is "no limit".</summary>
public sealed record MessagePolicy
{
    public static readonly MessagePolicy None = new();

    /// <summary>Between two Pings of the ingress to one side; zero sends none.</summary>
    public TimeSpan PingInterval { get; init; }

    /// <summary>Silence after which a side is dead. Default 60 s, as most middleboxes forget a connection by then.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public PingTarget PingTo { get; init; }

    /// <summary>Payload bytes of one message of a client, over all its fragments.</summary>
    public long MaxSize { get; init; }

    /// <summary>The same for messages of pods.</summary>
    public long MaxSizeFromPod { get; init; }

    /// <summary>Messages of one client per second.</summary>
    public double Rate { get; init; }

    /// <summary>Messages at once after a rest; zero means one second's worth, and at least one.</summary>
    public int Burst { get; init; }

    /// <summary>Bytes of one client's data frames per second.</summary>
    public long ByteRate { get; init; }

    public RateExceeded RateExceeded { get; init; }

    /// <summary>How long a side may take no byte although some wait for it.</summary>
    public TimeSpan StallTimeout { get; init; }
}
