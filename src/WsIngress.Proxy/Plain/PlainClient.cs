using System.Net;
using WsIngress.Proxy.Http;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Plain;

/// <summary>
/// A client's connection whose requests are served on its loop, one after another, and what breaks off the one under way: the client leaves, or
/// nothing has moved for too long. All members are for the loop's thread.
/// </summary>
internal sealed class PlainClient(StreamSocket socket, IFreshConnection connection, IPAddress peer, bool isTls) : LoopTimer, IPeerWatch
{
    private CancellationTokenSource? _dialling;
    private StreamSocket? _pod;
    private long _deadline = long.MaxValue;
    private long _armedFor = long.MaxValue;
    private bool _isAnswering;
    private bool _isServing;
    private bool _isGiven;

    public StreamSocket Socket => socket;

    public EventLoop Loop => socket.Loop;

    /// <summary>After PROXY protocol.</summary>
    public IPAddress Peer => peer;

    public bool IsTls => isTls;

    /// <summary>Bytes of the pod's answer that are not used yet.</summary>
    public RentedBuffer FromPod { get; } = new();

    /// <summary>Bytes that are to be sent next.</summary>
    public RentedBuffer ToSend { get; } = new();

    /// <summary>It has hung up or ended its half.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The time given by <see cref="Expect"/> ran out.</summary>
    public bool IsLate { get; private set; }

    /// <summary>Something has to happen within the time from now on; zero: it may take for ever. Forgets what was expected before.</summary>
    public void Expect(TimeSpan within)
    {
        IsLate = false;
        _deadline = within > TimeSpan.Zero ? Loop.Now + (long)(within.TotalSeconds * Loop.Time.TimestampFrequency) : long.MaxValue;
        Arm();
    }

    /// <summary>A request is served from now on.</summary>
    public void BeginServing()
    {
        _isServing = true;
        socket.WatchForEnd(this);
    }

    /// <summary>A connection is waited for, and this cancelled when the request is broken off. Null: it is there, or will not be.</summary>
    public void Dial(CancellationTokenSource? dialling) => _dialling = dialling;

    /// <summary>This pod's connection is the request's; it is closed when the request is broken off. Null: it is over.</summary>
    public void Ask(StreamSocket? pod) => _pod = pod;

    /// <summary>From now on the client has a part of an answer: breaking off the request ends its connection.</summary>
    public void BeginAnswering() => _isAnswering = true;

    public void EndServing()
    {
        _isServing = _isAnswering = false;
        _pod?.Abandon();
        _pod = null;
        socket.WatchForEnd(null);
        FromPod.Release();
        ToSend.Release();
    }

    public void PeerGone()
    {
        IsGone = true;

        // Not at once: the event that told it is still being worked on.
        Loop.Post(static state => ((PlainClient)state!).BreakOff(), this);
    }

    public override void OnDue()
    {
        _armedFor = long.MaxValue;
        if (Loop.Time.GetTimestamp() < _deadline)
        {
            Arm();
            return;
        }

        _deadline = long.MaxValue;
        IsLate = true;
        BreakOff();
    }

    /// <summary>Hands the connection to the HTTP server, with what was read and not used.</summary>
    public void GiveToServer(ReadOnlySpan<byte> unused)
    {
        _isGiven = true;
        Loop.Timers.Clear(this);
        connection.GiveToServer(socket.HandOver(), unused);
    }

    /// <summary>Closes the connection unless somebody else has it.</summary>
    public void End()
    {
        Loop.Timers.Clear(this);
        if (!_isGiven && !socket.IsClosed)
        {
            socket.ShutdownWrite();
            socket.Abandon();
        }
    }

    /// <summary>Ends whatever is under way, and the connection.</summary>
    public void Cut()
    {
        IsGone = true;
        BreakOff();
        socket.Abandon();
    }

    private void Arm()
    {
        if (_deadline < _armedFor)
        {
            _armedFor = _deadline;
            Loop.Timers.SetAt(this, _deadline);
        }
    }

    private void BreakOff()
    {
        // All that follows from it happens within these calls: another pod may be asked when they return, or another request served.
        var (dialling, pod, isEnd) = (_dialling, _pod, _isAnswering || !_isServing);
        dialling?.Cancel();
        pod?.Abandon();
        if (isEnd)
        {
            End();
        }
    }
}
