using WsIngress.Transport.Native;
using WsIngress.Transport.Tls;

namespace WsIngress.Transport.Loops;

/// <summary>
/// A socket of one <see cref="EventLoop"/> and the only owner of its descriptor. All members are for the loop's own thread. The descriptor
/// is closed exactly once, and an event that the kernel queued for it before is not mistaken for one of the next descriptor with its number.
/// </summary>
internal abstract class LoopSocket(EventLoop loop, int descriptor)
{
    /// <summary>Place in the loop's table; 0 while it is not watched.</summary>
    internal int Slot;

    /// <summary>Tells the events of this socket from those of an earlier one in the same place.</summary>
    internal uint Generation;

    private uint _interest;

    /// <summary>Goes on with a socket that another owner gave away, in the same turn of the loop.</summary>
    protected LoopSocket(EventLoop loop, in BareSocket socket)
        : this(loop, socket.Descriptor)
    {
        Tls = socket.Tls;
        if (socket.Place.Slot != 0)
        {
            (Slot, Generation, _interest) = socket.Place;
            loop.Settle(this);
        }
    }

    public EventLoop Loop => loop;

    /// <summary>-1 once closed or handed over.</summary>
    public int Descriptor { get; private set; } = descriptor;

    /// <summary>The TLS session whose plaintext <see cref="Read"/> and <see cref="Write"/> move; null on plain sockets.</summary>
    public TlsSession? Tls { get; set; }

    public bool IsClosed => Descriptor < 0;

    /// <summary>The events that are watched for.</summary>
    protected uint Interest => _interest;

    /// <summary>The error number behind the last <see cref="IoResult.Failed"/>; 0 when TLS has its own words.</summary>
    public int Error { get; private set; }

    /// <summary>The last failure in words.</summary>
    public string ErrorText => Tls?.FailureText ?? Errno.Text(Error);

    /// <summary>The events that the kernel reports, of the set asked for, with <see cref="LibC.EPOLLERR"/> and <see cref="LibC.EPOLLHUP"/> always.</summary>
    public abstract void OnEvents(uint events);

    /// <summary>A defect was thrown out of <see cref="OnEvents"/>: the socket ends, the loop goes on.</summary>
    public abstract void OnDefect(Exception defect);

    /// <summary>Watches for exactly these events from now on; none takes the socket out of the set, so that not even a hang-up is reported.</summary>
    public void Watch(uint events)
    {
        if (events == _interest || IsClosed)
        {
            return;
        }

        if (events == 0)
        {
            loop.Remove(this);
        }
        else if (_interest == 0)
        {
            loop.Add(this, events);
        }
        else
        {
            loop.Change(this, events);
        }

        _interest = events;
    }

    /// <summary>Bytes read, or an <see cref="IoResult"/>.</summary>
    public unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* at = buffer)
        {
            if (Tls is { } tls)
            {
                return tls.Read(at, buffer.Length);
            }

            while (true)
            {
                nint count = LibC.Recv(Descriptor, at, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                Error = LibC.LastError;
                if (Error != Errno.EINTR)
                {
                    return Error == Errno.EAGAIN ? IoResult.WantRead : IoResult.Failed;
                }
            }
        }
    }

    /// <summary>Bytes that the kernel took, at most the buffer's, or an <see cref="IoResult"/>.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="isLast">The write half is ended next: both then leave in one segment.</param>
    public unsafe int Write(ReadOnlySpan<byte> buffer, bool isLast = false)
    {
        fixed (byte* at = buffer)
        {
            if (Tls is { } tls)
            {
                return tls.Write(at, buffer.Length);
            }

            while (true)
            {
                nint count = isLast ? LibC.SendMore(Descriptor, at, buffer.Length) : LibC.Send(Descriptor, at, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                Error = LibC.LastError;
                if (Error != Errno.EINTR)
                {
                    return Error == Errno.EAGAIN ? IoResult.WantWrite : IoResult.Failed;
                }
            }
        }
    }

    /// <summary>Says that nothing more will be sent: close_notify on TLS, then FIN. What the kernel holds is still sent.</summary>
    public void ShutdownWrite()
    {
        if (IsClosed)
        {
            return;
        }

        Tls?.Shutdown();
        _ = LibC.Shutdown(Descriptor, LibC.SHUT_WR);
    }

    /// <summary>
    /// Gives the descriptor, its TLS session and its ownership away; this object is closed without closing them. What the kernel watches for stays as it is
    /// until the next owner says otherwise (measured: to leave its set and to enter it again are 4 µs).
    /// </summary>
    public BareSocket HandOver()
    {
        var given = new BareSocket(Descriptor, Tls, new LoopPlace(Slot, Generation, _interest));
        if (Slot != 0)
        {
            loop.Vacate(Slot);
        }

        Forget();
        return given;
    }

    /// <summary>Closes the descriptor; with <paramref name="reset"/> the peer gets RST. The second call does nothing.</summary>
    public void Close(bool reset = false)
    {
        if (IsClosed)
        {
            return;
        }

        Tls?.Dispose();
        if (reset)
        {
            LibC.ResetOnClose(Descriptor);
        }

        // Linux has released the number even when close reports EINTR: a second try could close somebody else's.
        // The close also takes it out of the epoll set (epoll(7)), so that nothing is left to do but to free its place.
        _ = LibC.Close(Descriptor);
        if (Slot != 0)
        {
            loop.Free(Slot);
        }

        Forget();
    }

    private void Forget()
    {
        (Slot, _interest, Descriptor, Tls) = (0, 0, -1, null);
    }
}
