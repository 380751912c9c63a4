namespace WsIngress.Relay;

/// <summary>The rules of one session. Immutable; sessions of one route share one instance.</summary>
public sealed record RelayOptions
{
    /// <summary>The rules without any limit but the close timeout.</summary>
    public static RelayOptions Default { get; } = new();

    /// <summary>Ends the socket after this long without a byte either way. Zero: never.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>Ends the socket at this age. Zero: never.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>The relay's own Pings to the client. Null: none.</summary>
    public KeepAliveRules? ClientPings { get; init; }

    /// <summary>The relay's own Pings to the backend. Null: none.</summary>
    public KeepAliveRules? BackendPings { get; init; }

    /// <summary>Hears of each Ping that was answered: which side, and how long it took. On the thread that read the answer.</summary>
    public Action<RelaySession, RelaySide, TimeSpan>? RoundTripMeasured { get; init; }

    /// <summary>What the client may send. Null: no limit.</summary>
    public MessageRules? FromClient { get; init; }

    /// <summary>What the backend may send. Null: no limit.</summary>
    public MessageRules? FromBackend { get; init; }

    /// <summary>Ends the socket when a side has taken no byte for this long although some wait for it. Zero: never.</summary>
    public TimeSpan StallTimeout { get; init; }

    /// <summary>How long an ending may take: reaching a frame boundary and the close handshake together. Default 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long to wait, after the close handshake, for a peer to end its connection. Default 1 s. Waiting keeps TIME_WAIT at the pod
    /// (RFC 6455 §7.1.1: the server closes first), where it does not use up this proxy's local ports.
    /// </summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of a pump's buffer, 1 KiB to 64 KiB: the most that can be pending in one direction. Default 16 KiB, one TLS record.</summary>
    public int BufferSize { get; init; } = 16 * 1024;

    /// <summary>Where drivers take their buffers.</summary>
    public RelayBufferPool Buffers { get; init; } = RelayBufferPool.Shared;

    /// <summary>Writes the relay's own frames.</summary>
    public FrameWriter Frames { get; init; } = FrameWriter.Default;

    internal bool HasFrameRules => ClientPings is not null || BackendPings is not null || FromClient is not null || FromBackend is not null || StallTimeout > TimeSpan.Zero;

    internal void Validate()
    {
        ClientPings?.Validate(nameof(ClientPings));
        BackendPings?.Validate(nameof(BackendPings));
        FromClient?.Validate(nameof(FromClient));
        FromBackend?.Validate(nameof(FromBackend));
        RequireNotNegative(StallTimeout, nameof(StallTimeout));
        RequireNotNegative(IdleTimeout, nameof(IdleTimeout));
        RequireNotNegative(MaxAge, nameof(MaxAge));
        RequireNotNegative(CloseTimeout, nameof(CloseTimeout));
        RequireNotNegative(LingerTimeout, nameof(LingerTimeout));
        if (BufferSize is < 1024 or > 64 * 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(BufferSize), BufferSize, "BufferSize must be 1024 to 65536 bytes.");
        }
    }

    private static void RequireNotNegative(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must not be negative.");
        }
    }
}
