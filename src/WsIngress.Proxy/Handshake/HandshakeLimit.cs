using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// What ends a handshake before it has an answer: the client leaves, its time is over, or the time of one attempt to connect. One source of cancellation
/// and one timer for all of it, on the loop's wheel where the handshake runs on a loop.
/// </summary>
internal sealed class HandshakeLimit : LoopTimer, IPeerWatch, IDisposable
{
    private readonly Lock _gate = new();
    private readonly EventLoop? _loop;
    private readonly TimeProvider _time;
    private readonly CancellationTokenRegistration _client;
    private CancellationTokenSource _source = new();
    private ITimer? _timer;
    private long _armedFor = long.MaxValue;
    private long _handshakeEnd = long.MaxValue;
    private long _connectEnd = long.MaxValue;
    private HandshakeEnd _end;
    private bool _disposed;

    /// <param name="loop">The loop whose thread this is, for its wheel; else a timer of the clock is used.</param>
    /// <param name="time">The clock; the loop's own where there is one.</param>
    /// <param name="client">Cancelled when the client leaves, where nothing calls <see cref="PeerGone"/>.</param>
    public HandshakeLimit(EventLoop? loop, TimeProvider time, CancellationToken client = default)
    {
        _loop = loop is { IsCurrent: true } ? loop : null;
        _time = time;
        _client = client.UnsafeRegister(static state => ((HandshakeLimit)state!).PeerGone(), this);
    }

    /// <summary>Of the step that begins; to be asked for anew for every step.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Why the token was cancelled.</summary>
    public HandshakeEnd End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    /// <summary>The handshake has this long from now on; zero: for ever.</summary>
    public void Begin(TimeSpan wait)
    {
        lock (_gate)
        {
            _handshakeEnd = After(wait);
            Arm();
        }
    }

    /// <summary>An attempt to connect begins, and has this long.</summary>
    public void BeginConnect(TimeSpan wait)
    {
        lock (_gate)
        {
            _connectEnd = After(wait);
            Renew();
            Arm();
        }
    }

    /// <summary>It is connected: what follows has the time of the handshake.</summary>
    public void EndConnect()
    {
        lock (_gate)
        {
            _connectEnd = long.MaxValue;
            Renew();
            Arm();
        }
    }

    public void PeerGone() => Cancel(HandshakeEnd.ClientGone);

    public override void OnDue()
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            _armedFor = long.MaxValue;
            var now = _time.GetTimestamp();
            var end = now >= _handshakeEnd ? HandshakeEnd.Timeout : now >= _connectEnd ? HandshakeEnd.ConnectTimeout : HandshakeEnd.None;
            if (end == HandshakeEnd.None)
            {
                Arm();
                return;
            }

            source = Decide(end);
        }

        source?.Cancel();
    }

    public void Dispose()
    {
        _client.Dispose();
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
        }

        OnWheel();
    }

    private void Cancel(HandshakeEnd end)
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            source = Decide(end);
        }

        source?.Cancel();
    }

    /// <summary>What is to be cancelled for it, outside the lock; by then the next step may have a source of its own, which this does not touch.</summary>
    private CancellationTokenSource? Decide(HandshakeEnd end)
    {
        if (_disposed || (_end != HandshakeEnd.None && end == HandshakeEnd.ConnectTimeout))
        {
            return null;
        }

        if (_end is HandshakeEnd.None or HandshakeEnd.ConnectTimeout)
        {
            _end = end;
        }

        return _source;
    }

    /// <summary>What the end of an attempt has cancelled is over; the next step has a token of its own.</summary>
    private void Renew()
    {
        if (_end == HandshakeEnd.ConnectTimeout)
        {
            _end = HandshakeEnd.None;
            _source = new CancellationTokenSource();
        }
    }

    private long After(TimeSpan wait) =>
        wait > TimeSpan.Zero ? _time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency) : long.MaxValue;

    /// <summary>Sets the timer for what comes first. One that is set for something earlier stays: it looks again when it is due.</summary>
    private void Arm()
    {
        var due = Math.Min(_handshakeEnd, _connectEnd);
        if (_disposed || due >= _armedFor)
        {
            return;
        }

        _armedFor = due;
        if (_loop is not null)
        {
            OnWheel();
            return;
        }

        _timer ??= _time.CreateTimer(static state => ((HandshakeLimit)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(TimeSpan.FromSeconds(Math.Max(0, due - _time.GetTimestamp()) / (double)_time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Brings the wheel up to date; a name that was resolved goes on beside the loop.</summary>
    private void OnWheel()
    {
        if (_loop is not { } loop)
        {
            return;
        }

        if (!loop.IsCurrent)
        {
            loop.Post(static state => ((HandshakeLimit)state!).OnWheel(), this);
        }
        else if (_disposed)
        {
            loop.Timers.Clear(this);
        }
        else if (_armedFor < long.MaxValue)
        {
            loop.Timers.SetAt(this, _armedFor);
        }
    }
}

/// <summary>Why a handshake has to end without an answer.</summary>
internal enum HandshakeEnd
{
    None,
    ClientGone,
    Timeout,

    /// <summary>Of one attempt: the next pod may be asked.</summary>
    ConnectTimeout,
}
