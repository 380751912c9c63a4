using WsIngress.Relay;
using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Relaying;

/// <summary>Hears of the end of a relay, on the loop's thread, after both sockets are closed.</summary>
internal interface ISocketRelayOwner
{
    void Ended(RelaySession session, RelayReport report);
}

/// <summary>
/// The driver over two sockets of one event loop: reads into the loop's one buffer, scans, writes to the other side, and owns nothing else while
/// it is idle. All members but <see cref="Changed"/> are for the loop's thread.
/// </summary>
internal sealed class SocketRelay : LoopTimer, IRelayDriver
{
    private readonly RelaySession _session;
    private readonly ISocketRelayOwner _owner;
    private readonly RelaySocket _client;
    private readonly RelaySocket _backend;
    private Phase _phase;
    private int _changePosted;

    private SocketRelay(EventLoop loop, RelaySession session, BareSocket client, BareSocket backend, ISocketRelayOwner owner)
    {
        Loop = loop;
        _session = session;
        _owner = owner;
        _client = new RelaySocket(this, RelaySide.Client, client);
        _backend = new RelaySocket(this, RelaySide.Backend, backend);
    }

    /// <summary>How far the end has come; each is entered once, in this order, some are left out.</summary>
    private enum Phase
    {
        Open,

        /// <summary>Still open, but a side took no more bytes: it gets the close timeout to say why, then it is lost.</summary>
        Suspect,

        /// <summary>The end is decided: Close frames go out and come in.</summary>
        Closing,

        /// <summary>The close timeout has passed: what stands on a boundary is closed whatever the other side does.</summary>
        Overdue,

        /// <summary>Both write halves end; a peer gets a little time to end its own.</summary>
        Lingering,
        Ended,
    }

    public EventLoop Loop { get; }

    bool IRelayDriver.KeepsTime => true;

    /// <summary>
    /// Relays from now on. On the loop's thread. The sockets belong to the relay.
    /// </summary>
    /// <param name="loop">The loop of both.</param>
    /// <param name="session">A fresh session.</param>
    /// <param name="client">The side whose frames are masked.</param>
    /// <param name="backend">The side whose frames are not.</param>
    /// <param name="earlyFromClient">What the client sent behind its handshake; sent on before anything that is read later.</param>
    /// <param name="earlyFromBackend">What the backend sent behind its 101.</param>
    /// <param name="owner">Hears of the end.</param>
    public static void Start(
        EventLoop loop,
        RelaySession session,
        BareSocket client,
        BareSocket backend,
        ReadOnlySpan<byte> earlyFromClient,
        ReadOnlySpan<byte> earlyFromBackend,
        ISocketRelayOwner owner)
    {
        var relay = new SocketRelay(loop, session, client, backend, owner);
        session.Attach(relay);
        relay.ForwardEarly(relay._client, earlyFromClient);
        relay.ForwardEarly(relay._backend, earlyFromBackend);
        relay.ReadPending();
        relay.SetCheck();
        relay.Settle();
    }

    public void Changed()
    {
        if (Interlocked.Exchange(ref _changePosted, 1) == 0)
        {
            Loop.Post(static state => ((SocketRelay)state!).TakeChange(), this);
        }
    }

    public override void OnDue()
    {
        switch (_phase)
        {
            case Phase.Open:
                _session.Check(Loop.Time.GetTimestamp());
                _client.Ping();
                _backend.Ping();
                SetCheck();
                break;
            case Phase.Suspect:
                _session.Lose(_session.ToBackend.SinkFailed ? RelaySide.Backend : RelaySide.Client, "took no more bytes");
                break;
            case Phase.Closing:
                _phase = Phase.Overdue;
                _session.SetOverdue();
                Loop.Timers.Set(this, _session.Options.LingerTimeout);
                break;
            case Phase.Overdue:
                Linger();
                break;
            case Phase.Lingering:
                End();
                break;
        }

        Settle();
    }

    internal RelayBufferPool Buffers => _session.Options.Buffers;

    internal RelaySocket Peer(RelaySide side) => side == RelaySide.Client ? _backend : _client;

    internal RelayDirection From(RelaySide side) => side == RelaySide.Client ? _session.ToBackend : _session.ToClient;

    internal RelayDirection To(RelaySide side) => side == RelaySide.Client ? _session.ToClient : _session.ToBackend;

    /// <summary>Sends on what was read into the buffer behind its headroom.</summary>
    internal void Forward(RelaySocket from, byte[] buffer, int count)
    {
        RelayDirection direction = From(from.Side);
        RelaySocket peer = Peer(from.Side);
        while (true)
        {
            Taken taken = direction.Take(buffer, count);
            if (taken.Length > 0)
            {
                _session.Touch(Loop.Now);
                peer.Send(buffer.AsSpan(taken.Start, taken.Length));
            }

            if (_session.Ending is not null)
            {
                peer.Seal();
            }
            else
            {
                peer.Ping();
            }

            Span<byte> rest = buffer.AsSpan(EventLoop.Headroom + count - taken.Rest, taken.Rest);
            if (direction.IsPaused)
            {
                from.Pause(rest);
                return;
            }

            if (rest.IsEmpty)
            {
                return;
            }

            rest.CopyTo(buffer.AsSpan(EventLoop.Headroom));
            count = rest.Length;
        }
    }

    /// <summary>Bytes wait for a side from now on: looks in time whether they still do.</summary>
    internal void Stalled() => SetCheck();

    /// <summary>Reads on after the other sockets had their turn.</summary>
    internal void ReadLater() => Loop.Post(static state => ((SocketRelay)state!).ReadPending(), this);

    internal void Fail(RelaySide side, string detail)
    {
        _session.Lose(side, detail);
        End();
    }

    /// <summary>Carries the end on as far as it can go now, and watches for what comes next. Called after everything that may change something.</summary>
    internal void Settle()
    {
        if (_phase < Phase.Closing)
        {
            SettleOpen();
        }

        if (_phase is Phase.Closing or Phase.Overdue)
        {
            SettleClosing();
        }

        if (_phase == Phase.Lingering && IsGone)
        {
            End();
        }

        if (_phase != Phase.Ended)
        {
            _client.UpdateWatch();
            _backend.UpdateWatch();
        }
    }

    /// <summary>Both have said all they will, and nobody waits for more.</summary>
    private bool IsGone => _client.IsShutDown
        && (_backend.IsShutDown || _session.CloseFrom(RelaySide.Backend) is not null)
        && _session.ToClient.SourceEnded
        && (_session.ToBackend.SourceEnded || _session.CloseFrom(RelaySide.Client) is not null);

    private bool HasPending => _client.HasPending || _backend.HasPending;

    private void SettleOpen()
    {
        if (_session.Ending is not null)
        {
            _phase = Phase.Closing;
            Loop.Timers.Set(this, _session.Options.CloseTimeout);
            _client.EndPause();
            _backend.EndPause();
        }
        else if (_phase == Phase.Open && (_session.ToBackend.SinkFailed || _session.ToClient.SinkFailed))
        {
            _phase = Phase.Suspect;
            Loop.Timers.Set(this, _session.Options.CloseTimeout);
        }
    }

    private void SettleClosing()
    {
        _client.Seal();
        _backend.Seal();
        bool settled = _phase == Phase.Overdue || (_session.ToBackend.Settled && _session.ToClient.Settled);
        if (settled && !HasPending)
        {
            Linger();
        }
    }

    /// <summary>
    /// Ends the client's connection first, where this proxy is the server, and waits a little for the backend to end its own. A peer whose Close
    /// was not seen gets the same little time to read ours: to close a connection with unread bytes in it would destroy it on the way.
    /// </summary>
    private void Linger()
    {
        _phase = Phase.Lingering;
        _client.ShutdownAfterPending();
        if (_session.CloseFrom(RelaySide.Backend) is null)
        {
            _backend.ShutdownAfterPending();
        }

        Loop.Timers.Set(this, _session.Options.LingerTimeout);
    }

    private void End()
    {
        if (_phase == Phase.Ended)
        {
            return;
        }

        _phase = Phase.Ended;
        Loop.Timers.Clear(this);
        _client.End();
        _backend.End();
        _owner.Ended(_session, _session.Report());
    }

    private void TakeChange()
    {
        // A full fence: what is looked at below is as new as the last change that posted nothing.
        Interlocked.Exchange(ref _changePosted, 0);
        if (_session.IsCut && _phase != Phase.Ended)
        {
            _session.Abort();
            _client.Seal();
            _backend.Seal();
            End();
        }

        Settle();
    }

    private void ForwardEarly(RelaySocket from, ReadOnlySpan<byte> early)
    {
        byte[] buffer = Loop.ReadBuffer;
        while (!early.IsEmpty)
        {
            if (From(from.Side).IsPaused)
            {
                from.KeepEarly(early);
                return;
            }

            int count = Math.Min(early.Length, buffer.Length - EventLoop.Headroom);
            early[..count].CopyTo(buffer.AsSpan(EventLoop.Headroom));
            Forward(from, buffer, count);
            early = early[count..];
        }
    }

    /// <summary>Reads what TLS sessions hold: the kernel does not report it.</summary>
    private void ReadPending()
    {
        if (_phase == Phase.Ended)
        {
            return;
        }

        if (_client.Tls is { HasPending: true })
        {
            _client.ReadAvailable();
        }

        if (_backend.Tls is { HasPending: true })
        {
            _backend.ReadAvailable();
        }

        Settle();
    }

    private void SetCheck()
    {
        if (_phase == Phase.Open && _session.NextCheck() is var next and < long.MaxValue)
        {
            Loop.Timers.SetAt(this, next);
        }
    }
}
