using WsIngress.Relay;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Relaying;

/// <summary>
/// One side of a <see cref="SocketRelay"/>. It owns a buffer only while the kernel has not taken all that is meant for it, and as long as it
/// does its peer is not read: so a slow reader slows its peer, with at most one read buffer (64 KiB) pending, and a frame of our own.
/// </summary>
internal sealed class RelaySocket(SocketRelay relay, RelaySide side, BareSocket socket) : LoopSocket(relay.Loop, socket)
{
    /// <summary>Reads of a TLS session before others have their turn: what it has taken from the kernel is not reported again.</summary>
    private const int ReadsPerTurn = 8;

    /// <summary>Bytes of a read behind which more is likely: the records of a large message come one after the other.</summary>
    private const int LongRead = 4096;

    private byte[]? _pending;
    private int _pendingStart;
    private int _pendingEnd;
    private bool _readWantsWrite;
    private bool _shutdownDue;

    public RelaySide Side => side;

    /// <summary>No more bytes come from it.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Its write half was ended, or cannot be any more.</summary>
    public bool IsShutDown { get; private set; }

    /// <summary>Bytes for it wait until it is writable.</summary>
    public bool HasPending => _pending is not null;

    private RelayDirection Incoming => relay.From(side);

    private RelayDirection Outgoing => relay.To(side);

    private PausedBytes Paused
    {
        get
        {
            if (Incoming.Kept is not PausedBytes paused)
            {
                Incoming.Kept = paused = new PausedBytes(this, relay.Buffers);
            }

            return paused;
        }
    }

    public override void OnEvents(uint events)
    {
        if ((events & LibC.EPOLLOUT) != 0 || ((events & (LibC.EPOLLERR | LibC.EPOLLHUP)) != 0 && HasPending))
        {
            Flush();
        }

        if ((events & ~LibC.EPOLLOUT) != 0 || _readWantsWrite)
        {
            ReadAvailable((events & (LibC.EPOLLRDHUP | LibC.EPOLLERR | LibC.EPOLLHUP)) == LibC.EPOLLRDHUP);
        }

        relay.Settle();
    }

    public override void OnDefect(Exception defect) => relay.Fail(side, defect.Message);

    /// <summary>Reads and forwards what is there, as far as the peer takes it. On a plain socket one read: the kernel reports the rest again.</summary>
    /// <param name="hasFin">The kernel has the end of the stream: behind a read that leaves room nothing else follows.</param>
    public void ReadAvailable(bool hasFin = false)
    {
        _readWantsWrite = false;
        RelaySocket peer = relay.Peer(side);
        for (int reads = 0; !HasEnded && !IsClosed && !peer.HasPending && !Incoming.IsPaused; reads++)
        {
            if (reads == ReadsPerTurn)
            {
                relay.ReadLater();
                return;
            }

            byte[] buffer = Loop.ReadBuffer;
            int count = Read(buffer.AsSpan(EventLoop.Headroom));
            if (count <= 0)
            {
                TakeNothing(count);
                return;
            }

            relay.Forward(this, buffer, count);
            if (Tls is null)
            {
                // While it pauses something of it waits before its end, which the kernel reports again.
                if (hasFin && !Incoming.IsPaused && count < buffer.Length - EventLoop.Headroom)
                {
                    TakeNothing(IoResult.End);
                }

                return;
            }

            // A message that came whole is commonly all there is, and the kernel reports what else it has: a second read would only be told "nothing".
            if (count < LongRead && Tls is { HasPending: false })
            {
                return;
            }
        }
    }

    /// <summary>Sends, or keeps what the kernel does not take. Notes the failure of a peer that is gone.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isLast">The write half is ended next.</param>
    public void Send(ReadOnlySpan<byte> bytes, bool isLast = false)
    {
        if (HasPending)
        {
            Keep(bytes);
            return;
        }

        while (true)
        {
            int count = Write(bytes, isLast);
            if (count == IoResult.Failed)
            {
                FailWrites();
                return;
            }

            if (count == bytes.Length)
            {
                Outgoing.Written();
                return;
            }

            bytes = bytes[Math.Max(0, count)..];

            // A short count on a plain socket says that its buffer is full; TLS answers one record at a time.
            if (Tls is null || count <= 0)
            {
                Keep(bytes);
                return;
            }
        }
    }

    /// <summary>Ends the write half, behind what is pending.</summary>
    public void ShutdownAfterPending()
    {
        if (IsShutDown)
        {
            return;
        }

        _shutdownDue = true;
        if (HasPending)
        {
            return;
        }

        IsShutDown = true;
        if (HasEnded)
        {
            // Both halves have ended: to close says the same as to shut down, and gives the descriptor back.
            if (!Outgoing.SinkFailed)
            {
                Tls?.Shutdown();
            }

            Close();
        }
        else if (!Outgoing.SinkFailed)
        {
            ShutdownWrite();
        }
    }

    /// <summary>Watches for what can happen next: bytes, if the peer takes them, and room, if bytes wait for it.</summary>
    public void UpdateWatch()
    {
        if (IsClosed)
        {
            return;
        }

        bool reads = !HasEnded && !relay.Peer(side).HasPending && !Incoming.IsPaused;
        Watch((reads ? LibC.EPOLLIN | LibC.EPOLLRDHUP : 0) | (HasPending || _readWantsWrite ? LibC.EPOLLOUT : 0));
    }

    public void End()
    {
        (Incoming.Kept as PausedBytes)?.Drop();
        DropPending();
        Close();
    }

    private void TakeNothing(int result)
    {
        switch (result)
        {
            case IoResult.WantRead:
                return;
            case IoResult.WantWrite:
                _readWantsWrite = true;
                return;
            default:
                HasEnded = true;
                bool failed = result == IoResult.Failed;
                Incoming.EndSource(failed, failed ? ErrorText : null);
                relay.Peer(side).EndWrites();
                return;
        }
    }

    /// <summary>Its peer has ended: says so.</summary>
    private void EndWrites()
    {
        Seal(isLast: side == RelaySide.Client);
        if (!Outgoing.SinkEndsItself)
        {
            ShutdownAfterPending();
        }
    }

    /// <summary>Sends the relay's own Close if it is due. A side that has said all it will is closed behind it.</summary>
    /// <param name="isLast">The caller ends the write half next.</param>
    public void Seal(bool isLast = false)
    {
        if (!Outgoing.IsCloseDue)
        {
            return;
        }

        Span<byte> frame = stackalloc byte[FrameWriter.MaxFrameLength];
        int length = Outgoing.WriteClose(frame);
        Send(frame[..length], isLast || HasEnded);
        if (HasEnded && !isLast)
        {
            ShutdownAfterPending();
        }
    }

    /// <summary>Sends the relay's own Ping if it is due.</summary>
    public void Ping()
    {
        if (!Outgoing.IsPingDue)
        {
            return;
        }

        Span<byte> frame = stackalloc byte[FrameWriter.MaxFrameLength];
        int length = Outgoing.WritePing(frame);
        Send(frame[..length]);
    }

    /// <summary>It sent faster than it may: keeps what was read too much, and reads on when the pause is over.</summary>
    public void Pause(ReadOnlySpan<byte> rest)
    {
        PausedBytes paused = Paused;
        paused.Keep(rest);
        Loop.Timers.Set(paused, Incoming.PauseLeft);
    }

    /// <summary>Keeps what else came before the relay began.</summary>
    public void KeepEarly(ReadOnlySpan<byte> early) => Paused.Add(early);

    /// <summary>The end was decided: nothing has to wait any more.</summary>
    public void EndPause()
    {
        if (Incoming.IsPaused)
        {
            Resume((PausedBytes)Incoming.Kept!);
        }
    }

    /// <summary>As when bytes come: what follows is settled too.</summary>
    public void EndPauseInTime(PausedBytes paused)
    {
        Resume(paused);
        relay.Settle();
    }

    private void Resume(PausedBytes paused)
    {
        Loop.Timers.Clear(paused);
        Incoming.Resume();
        byte[] buffer = Loop.ReadBuffer;
        do
        {
            relay.Forward(this, buffer, paused.Give(buffer.AsSpan(EventLoop.Headroom)));
        }
        while (!paused.IsEmpty && !Incoming.IsPaused);
        paused.ReleaseIfEmpty();

        // What its TLS session took from the kernel before is not reported as readable.
        if (Tls is { HasPending: true })
        {
            ReadAvailable();
        }
    }

    private void Flush()
    {
        while (_pending is { } pending)
        {
            int count = Write(pending.AsSpan(_pendingStart, _pendingEnd - _pendingStart));
            if (count == IoResult.Failed)
            {
                FailWrites();
                return;
            }

            if (count <= 0)
            {
                return;
            }

            _pendingStart += count;
            Outgoing.Stall();
            if (_pendingStart == _pendingEnd)
            {
                DropPending();
                Outgoing.Flow();
                Outgoing.Written();
                if (_shutdownDue)
                {
                    ShutdownAfterPending();
                }

                // What its TLS session took from the kernel before is not reported as readable.
                RelaySocket peer = relay.Peer(side);
                if (peer.Tls is { HasPending: true })
                {
                    peer.ReadAvailable();
                }

                return;
            }
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        int kept = _pendingEnd - _pendingStart;
        if (_pending is null && Outgoing.Stall())
        {
            relay.Stalled();
        }

        if (_pending is null || _pendingEnd + bytes.Length > _pending.Length)
        {
            byte[] larger = relay.Buffers.Rent(kept + bytes.Length);
            if (_pending is { } old)
            {
                old.AsSpan(_pendingStart, kept).CopyTo(larger);
                relay.Buffers.Return(old);
            }

            _pending = larger;
            _pendingStart = 0;
            _pendingEnd = kept;
        }

        bytes.CopyTo(_pending.AsSpan(_pendingEnd));
        _pendingEnd += bytes.Length;
    }

    private void FailWrites()
    {
        DropPending();
        Outgoing.FailSink();
    }

    private void DropPending()
    {
        if (_pending is { } pending)
        {
            _pending = null;
            _pendingStart = _pendingEnd = 0;
            relay.Buffers.Return(pending);
        }
    }
}
