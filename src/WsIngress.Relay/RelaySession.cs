namespace WsIngress.Relay;

/// <summary>
/// One socket from its 101 to its end: rules, live counters and the decision how it ends. Any thread may read it, and may ask for its end,
/// without stopping its traffic.
/// </summary>
public sealed class RelaySession
{
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private RelayEnding? _ending;
    private IRelayDriver? _driver;
    private FrameTap? _tap;
    private long _lastActivity;
    private long _bytesAtLastCheck;
    private volatile bool _overdue;
    private volatile bool _cut;

    /// <summary>Starts the session's age now. <paramref name="id"/> is the name under which logs and operators know the socket.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public RelaySession(string id, RelayOptions options, TimeProvider time, object? tag = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        Id = id;
        Tag = tag;
        Options = options;
        _time = time;
        _startedAt = time.GetUtcNow().UtcTicks;
        StartedTimestamp = _lastActivity = time.GetTimestamp();
        ToBackend = new RelayDirection(this, RelaySide.Client);
        ToClient = new RelayDirection(this, RelaySide.Backend);
        if (options.HasFrameRules)
        {
            KeepAlive? client = options.ClientPings is { } toClient ? new KeepAlive(this, RelaySide.Client, toClient) : null;
            KeepAlive? backend = options.BackendPings is { } toBackend ? new KeepAlive(this, RelaySide.Backend, toBackend) : null;
            if (FrameRules.AreNeeded(options, RelaySide.Client))
            {
                ToBackend.Use(new FrameRules(this, RelaySide.Client, client, backend));
            }

            if (FrameRules.AreNeeded(options, RelaySide.Backend))
            {
                ToClient.Use(new FrameRules(this, RelaySide.Backend, backend, client));
            }
        }
    }

    public string Id { get; }

    /// <summary>What the owner wants to find again: route, pod, client. The relay does not look at it.</summary>
    public object? Tag { get; }

    public RelayOptions Options { get; }

    public DateTimeOffset StartedAt => new(_startedAt, TimeSpan.Zero);

    /// <summary>The start in ticks of the session's <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long StartedTimestamp { get; }

    /// <summary>Time since the start.</summary>
    public TimeSpan Age => _time.GetElapsedTime(StartedTimestamp);

    /// <summary>Time since the sweep that last saw new bytes; so it is right to one tick of the sweeper (1 s).</summary>
    public TimeSpan Idle => _time.GetElapsedTime(Volatile.Read(ref _lastActivity));

    /// <summary>What the client sent and was forwarded so far.</summary>
    public FrameCounters FromClient => ToBackend.Counters;

    /// <summary>What the backend sent and was forwarded so far.</summary>
    public FrameCounters FromBackend => ToClient.Counters;

    /// <summary>Of the relay's last Ping to a side that was answered; null where it sends none.</summary>
    public TimeSpan? RoundTrip(RelaySide side) => (side == RelaySide.Client ? ToBackend : ToClient).RoundTrip;

    /// <summary>The options have something by which <see cref="IsStalled"/> is known.</summary>
    public bool KnowsStalls => Options.ClientPings is not null || Options.BackendPings is not null || Options.StallTimeout > TimeSpan.Zero;

    /// <summary>True while bytes wait for a side that takes none.</summary>
    public bool IsStalled => ToBackend.StalledSince != 0 || ToClient.StalledSince != 0;

    /// <summary>The outcome once it is decided, before the close handshake is over; null while the socket is open.</summary>
    public RelayOutcome? Outcome => Ending?.Outcome;

    /// <summary>Who looks at its frames; null but for the moments in which somebody asked to, and null again when the session has ended.</summary>
    internal FrameTap? Tap => Volatile.Read(ref _tap) is { } tap && !ReferenceEquals(tap, FrameTap.Over) ? tap : null;

    internal RelayEnding? Ending => Volatile.Read(ref _ending);

    internal RelayDirection ToBackend { get; }

    internal RelayDirection ToClient { get; }

    internal TimeProvider Time => _time;

    /// <summary>The close timeout has passed: what stands on a boundary is closed now, whatever the other side does.</summary>
    internal bool Overdue => _overdue;

    /// <summary>
    /// Asks for the end: both sides get a Close frame at their next frame boundary. False if the end was already decided; the first wins.
    /// </summary>
    /// <param name="outcome">Why; not one of the four that only the relay observes.</param>
    /// <param name="code">The Close code to the client if it is not the outcome's own: 1000-1003, 1007-1014 or 3000-4999.</param>
    /// <param name="reason">Words after the outcome's own in the Close reason of both sides. The whole is cut to 123 bytes.</param>
    /// <param name="side">The guilty side if it is not the outcome's default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The outcome cannot be asked for, or the code cannot be sent.</exception>
    public bool RequestEnd(RelayOutcome outcome, ushort? code = null, string? reason = null, RelaySide side = RelaySide.None)
    {
        if (RelayOutcomes.IsObserved(outcome) || !Enum.IsDefined(outcome))
        {
            throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Only the relay itself observes this outcome; ask for a policy outcome.");
        }

        if (code is { } number && !CloseStatus.MayBeSent(number))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "A Close code must be 1000-1003, 1007-1014 or 3000-4999.");
        }

        // A drain asks again and again.
        return Ending is null && Decide(RelayEnding.Create(outcome, side == RelaySide.None ? RelayOutcomes.DefaultSide(outcome) : side, code, reason));
    }

    /// <summary>
    /// Applies idle timeout and max age. <paramref name="now"/> is a timestamp of the session's clock; one thread at a time may call.
    /// Activity is seen as growth of the byte counters, so the relay reads no clock per message.
    /// </summary>
    public void Check(long now)
    {
        if (Ending is not null)
        {
            return;
        }

        long bytes = ToBackend.Counters.WireBytes + ToClient.Counters.WireBytes;
        if (bytes != _bytesAtLastCheck && !KeepsTime)
        {
            _bytesAtLastCheck = bytes;
            Volatile.Write(ref _lastActivity, now);
        }

        if (Options.MaxAge > TimeSpan.Zero && _time.GetElapsedTime(StartedTimestamp, now) >= Options.MaxAge)
        {
            RequestEnd(RelayOutcome.MaxAge);
        }
        else if (Options.IdleTimeout > TimeSpan.Zero && _time.GetElapsedTime(_lastActivity, now) >= Options.IdleTimeout)
        {
            RequestEnd(RelayOutcome.IdleTimeout);
        }

        // Both, for either may have its Ping to write.
        if (ToBackend.Check(now) | ToClient.Check(now))
        {
            Signal();
        }
    }

    /// <summary>Shows the frames that pass from now on. False when another tap is attached, or the session has ended.</summary>
    public bool TryAttach(FrameTap tap)
    {
        ArgumentNullException.ThrowIfNull(tap);
        return Interlocked.CompareExchange(ref _tap, tap, null) is null;
    }

    /// <summary>Shows no more.</summary>
    public void Detach(FrameTap tap)
    {
        Interlocked.CompareExchange(ref _tap, null, tap);
    }

    /// <summary>Takes the one driver of the session, to be told of changes.</summary>
    internal void Attach(IRelayDriver driver)
    {
        if (Interlocked.CompareExchange(ref _driver, driver, null) is not null)
        {
            throw new InvalidOperationException($"Session {Id} is already being relayed.");
        }
    }

    internal void Signal()
    {
        Volatile.Read(ref _driver)?.Changed();
    }

    /// <summary>True if the driver itself looks after idle timeout and max age, so that no sweep needs to.</summary>
    internal bool KeepsTime => Volatile.Read(ref _driver)?.KeepsTime ?? false;

    /// <summary>Bytes have moved at this timestamp; for drivers that keep time.</summary>
    internal void Touch(long now)
    {
        Volatile.Write(ref _lastActivity, now);
    }

    /// <summary>The timestamp before which <see cref="Check"/> has nothing to find; <see cref="long.MaxValue"/> without limits.</summary>
    internal long NextCheck()
    {
        long idle = Options.IdleTimeout > TimeSpan.Zero ? Volatile.Read(ref _lastActivity) + Ticks(Options.IdleTimeout) : long.MaxValue;
        long age = Options.MaxAge > TimeSpan.Zero ? StartedTimestamp + Ticks(Options.MaxAge) : long.MaxValue;
        return Math.Min(Math.Min(idle, age), Math.Min(ToBackend.NextCheck(), ToClient.NextCheck()));
    }

    /// <summary>True once <see cref="Cut"/> was called.</summary>
    internal bool IsCut => _cut;

    /// <summary>Ends both sides without waiting for anyone: a Close goes out where it can at once. Outcome proxy-shutdown, if none is decided.</summary>
    public void Cut()
    {
        _cut = true;
        Signal();
    }

    internal void SetOverdue()
    {
        _overdue = true;
    }

    internal RelayDirection Opposite(RelayDirection direction)
    {
        return ReferenceEquals(direction, ToBackend) ? ToClient : ToBackend;
    }

    internal CloseStatus? CloseFrom(RelaySide side)
    {
        return (side == RelaySide.Client ? ToBackend : ToClient).CloseFromSource;
    }

    internal void SeeClose(RelaySide from)
    {
        Decide(RelayEnding.Create(from == RelaySide.Client ? RelayOutcome.ClientClosed : RelayOutcome.BackendClosed, from));
    }

    internal void Lose(RelaySide side, string? detail)
    {
        Decide(RelayEnding.Create(side == RelaySide.Client ? RelayOutcome.ClientLost : RelayOutcome.BackendLost, side, detail: detail));
    }

    internal void Break(RelaySide side, FrameError error)
    {
        Decide(RelayEnding.Create(RelayOutcome.ProtocolError, side, words: FrameErrors.Text(error)));
    }

    /// <summary>Ends without a close handshake; what was decided before stands.</summary>
    internal void Abort()
    {
        Decide(RelayEnding.Create(RelayOutcome.ProxyShutdown, RelaySide.Proxy, detail: "cut without a close handshake"));
    }

    internal RelayReport Report()
    {
        RelayEnding ending = Ending ?? throw new InvalidOperationException($"Session {Id} has not ended.");
        var report = new RelayReport
        {
            Id = Id,
            Outcome = ending.Outcome,
            Side = ending.Side,
            Detail = ending.Detail,
            CloseFromClient = ToBackend.CloseFromSource,
            CloseToClient = ToClient.CloseToSink,
            CloseFromBackend = ToClient.CloseFromSource,
            CloseToBackend = ToBackend.CloseToSink,
            FromClient = ToBackend.Counters,
            FromBackend = ToClient.Counters,
            Age = Age,
        };
        Interlocked.Exchange(ref _tap, FrameTap.Over)?.Complete(report);
        return report;
    }

    internal TimeSpan TimeoutOf(RelaySide side) => (side == RelaySide.Client ? Options.ClientPings : Options.BackendPings)!.Timeout;

    internal long Ticks(TimeSpan span)
    {
        return (long)Math.Min(span.TotalSeconds * _time.TimestampFrequency, long.MaxValue / 4);
    }

    private bool Decide(RelayEnding ending)
    {
        bool first = Interlocked.CompareExchange(ref _ending, ending, null) is null;
        if (first)
        {
            Signal();
        }

        return first;
    }
}
