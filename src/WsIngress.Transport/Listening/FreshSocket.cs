using System.Net;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Listening;

/// <summary>
/// A connection from its accept to its first bytes: TLS handshake if it is to have one, then whoever understands the bytes gets it. No object of the
/// HTTP server exists until it is known that the server has to see it.
/// </summary>
internal sealed class FreshSocket(EpollListener listener, EventLoop loop, int descriptor, IPEndPoint? remote) : LoopSocket(loop, descriptor), IFreshConnection
{
    private FreshTimer? _timer;
    private ProxyHeaderReader? _header;
    private IPEndPoint? _source;
    private byte[] _leftover = [];
    private bool _awaitsTls;
    private bool _shakingHands;

    /// <summary>Goes as far as it can without waiting.</summary>
    /// <param name="isTls">It begins with a TLS handshake.</param>
    /// <param name="header">Takes a PROXY header first; null: there may be none.</param>
    public void Begin(bool isTls, ProxyHeaderReader? header)
    {
        _awaitsTls = isTls;
        _header = header;
        Step();
    }

    public override void OnEvents(uint events) => Step();

    public override void OnDefect(Exception defect) => End();

    /// <summary>Closes it; nobody else has seen it.</summary>
    public void End()
    {
        StopTimer();
        Close();
        listener.Forget(this);
    }

    private void Step()
    {
        if (_header is not null && !TakeHeader())
        {
            return;
        }

        if (_awaitsTls)
        {
            if (_leftover.Length > 0)
            {
                // It began as a PROXY header does, and no ClientHello does.
                End();
                return;
            }

            _awaitsTls = false;
            _shakingHands = true;
            Tls = listener.AcceptTls(Descriptor);
        }

        if (_shakingHands && !ShakeHands())
        {
            return;
        }

        byte[] buffer = Loop.ReadBuffer;
        _leftover.CopyTo(buffer, 0);
        int count = Read(buffer.AsSpan(_leftover.Length));
        if (count > 0)
        {
            Deliver(buffer.AsMemory(0, _leftover.Length + count));
        }
        else if (count is IoResult.WantRead or IoResult.WantWrite)
        {
            Wait(count, listener.Options.FirstByteTimeout);
        }
        else
        {
            End();
        }
    }

    private bool TakeHeader()
    {
        int result = _header!.Read(Descriptor);
        if (result == IoResult.WantRead)
        {
            Wait(result, listener.Options.ProxyHeaderTimeout);
            return false;
        }

        if (result <= 0)
        {
            listener.HeaderRefused(remote);
            End();
            return false;
        }

        _source = _header.Source;
        _leftover = _header.Leftover;
        _header = null;
        StopTimer();
        return true;
    }

    private bool ShakeHands()
    {
        int result = Tls!.Handshake();
        if (result is IoResult.WantRead or IoResult.WantWrite)
        {
            Wait(result, listener.Options.HandshakeTimeout);
            return false;
        }

        if (result <= 0)
        {
            End();
            return false;
        }

        _shakingHands = false;
        StopTimer();
        return true;
    }

    private void Wait(int result, TimeSpan limit)
    {
        if (_timer is null)
        {
            _timer = new FreshTimer(this);
            Loop.Timers.Set(_timer, limit);
        }

        Watch(result == IoResult.WantWrite ? LibC.EPOLLOUT : LibC.EPOLLIN | LibC.EPOLLRDHUP);
    }

    public BareSocket Take()
    {
        listener.Forget(this);
        return HandOver();
    }

    public void GiveToServer(BareSocket socket, ReadOnlySpan<byte> unused) => listener.Deliver(Loop, socket, Ends, unused);

    private ConnectionEnds Ends => new(listener.EndPoint as IPEndPoint, _source ?? remote);

    private void Deliver(ReadOnlyMemory<byte> first)
    {
        StopTimer();
        if (listener.Requests is not { } requests || !requests.TryTake(Loop, first, Ends, Tls is not null, this))
        {
            GiveToServer(Take(), first.Span);
        }
    }

    private void StopTimer()
    {
        if (_timer is { } timer)
        {
            Loop.Timers.Clear(timer);
            _timer = null;
        }
    }

    private sealed class FreshTimer(FreshSocket socket) : LoopTimer
    {
        public override void OnDue() => socket.End();
    }
}
