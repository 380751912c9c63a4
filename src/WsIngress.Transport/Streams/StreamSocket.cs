using System.Runtime.CompilerServices;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using WsIngress.Transport.Tls;

namespace WsIngress.Transport.Streams;

/// <summary>Hears, on the loop's thread, what a peer does while nothing is read of it.</summary>
internal interface IPeerWatch
{
    /// <summary>It has left.</summary>
    void PeerGone();

    /// <summary>It has sent something.</summary>
    void PeerSpoke()
    {
    }
}

/// <summary>
/// A socket of a loop that is read and written by await: the pod's side of a handshake, and the client's where an answer is written. One read and
/// one write at a time. Any thread may call; what has to wait continues on the loop's thread.
/// </summary>
internal sealed partial class StreamSocket(EventLoop loop, BareSocket socket) : LoopSocket(loop, socket)
{
    private LoopOperation? _read;
    private LoopOperation? _write;
    private IPeerWatch? _watcher;
    private bool _hasSpoken;
    private bool _isDrained;
    private bool _shakingHands;
    private bool _readWantsWrite;
    private bool _writeWantsRead;

    /// <summary>Makes the TLS handshake; from then on plaintext is read and written. The session belongs to the socket from the call on.</summary>
    /// <exception cref="IOException">It failed; the message says how.</exception>
    public async ValueTask ShakeHandsAsync(TlsSession tls, CancellationToken cancellation)
    {
        await Loop.SwitchTo();
        Tls = tls;
        int result = tls.Handshake();
        if (result <= 0)
        {
            if (result is not (IoResult.WantRead or IoResult.WantWrite))
            {
                throw HandshakeFailed();
            }

            _shakingHands = true;
            _readWantsWrite = result == IoResult.WantWrite;
            await BeginRead(default, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Bytes read; 0 at the end of the stream. An empty buffer waits until there is something to read, or the end.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellation);
        }

        if (!Loop.IsCurrent)
        {
            return ReadFromOutsideAsync(buffer, cancellation);
        }

        if ((!buffer.IsEmpty && !_isDrained) || IsClosed || Tls is { HasPending: true })
        {
            int count = IsClosed ? IoResult.Failed : buffer.IsEmpty ? 0 : ReadSome(buffer.Span);
            if (count >= 0)
            {
                return new ValueTask<int>(count);
            }

            if (count == IoResult.Failed)
            {
                return ValueTask.FromException<int>(Broken());
            }

            _readWantsWrite = count == IoResult.WantWrite;
        }

        return BeginRead(buffer, cancellation);
    }

    /// <summary>Waits for something to read, or the end; it does not try first, for an answer has not come when its question was just sent.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public ValueTask<int> UntilReadableAsync(CancellationToken cancellation)
    {
        if (IsClosed || !Loop.IsCurrent || cancellation.IsCancellationRequested || Tls is { HasPending: true })
        {
            return ReadAsync(default, cancellation);
        }

        _readWantsWrite = false;
        return BeginRead(default, cancellation);
    }

    /// <summary>Writes all of it.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellation);
        }

        if (!Loop.IsCurrent)
        {
            return WriteFromOutsideAsync(buffer, cancellation);
        }

        switch (WriteSome(ref buffer))
        {
            case IoResult.Failed:
                return ValueTask.FromException(Broken());
            case 0:
                return ValueTask.CompletedTask;
        }

        _write ??= new LoopOperation();
        _write.Reset(default, buffer);
        _write.Begin(this, cancellation);
        UpdateWatch();
        return new ValueTask(_write, _write.Version);
    }

    /// <summary>
    /// Tells the watcher, once, when the peer hangs up or ends its half while nothing is read; null ends the watch. On the loop's thread. What the peer
    /// sends meanwhile stays with the kernel.
    /// </summary>
    public void WatchForEnd(IPeerWatch? watcher)
    {
        _watcher = watcher;

        // Whoever takes the socket next watches for the same; if nobody does, the next event finds out.
        if (watcher is not null)
        {
            UpdateWatch();
        }
    }

    /// <summary>Nothing waits to be read of a plain socket, and its peer has not ended it; on the loop's thread.</summary>
    public unsafe bool IsSilent()
    {
        byte first;
        return !IsClosed && LibC.Peek(Descriptor, &first, 1) < 0 && LibC.LastError is Errno.EAGAIN or Errno.EINTR;
    }

    /// <summary>
    /// Ends the write half, drops for a while what still comes, and closes: closing a socket with unread bytes resets it, and the reset destroys the
    /// answer on its way. On the loop's thread; nothing may be outstanding.
    /// </summary>
    public async ValueTask LingerAsync()
    {
        ShutdownWrite();
        var limit = new LingerLimit(this);
        Loop.Timers.Set(limit, Kestrel.LingerTimer.Limit);
        try
        {
            while (await ReadAsync(Loop.ReadBuffer, CancellationToken.None).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // It is gone, or has had its time.
        }

        Loop.Timers.Clear(limit);
        Abandon();
    }

    /// <summary>Ends what is outstanding with an error and closes; on the loop's thread.</summary>
    public void Abandon()
    {
        Close();
        if (_read is { IsPending: true })
        {
            _read.Fail(new ObjectDisposedException(nameof(StreamSocket)));
        }

        if (_write is { IsPending: true })
        {
            _write.Fail(new ObjectDisposedException(nameof(StreamSocket)));
        }
    }

    public override void OnEvents(uint events)
    {
        bool failed = (events & (LibC.EPOLLERR | LibC.EPOLLHUP)) != 0;
        _isDrained = false;
        if (_watcher is { } watcher)
        {
            _hasSpoken = true;
            if (failed || (events & LibC.EPOLLRDHUP) != 0)
            {
                _watcher = null;
                watcher.PeerGone();
            }
            else if ((events & LibC.EPOLLIN) != 0 && _read is not { IsPending: true })
            {
                watcher.PeerSpoke();
            }
        }

        if (_connecting)
        {
            EndConnect(failed);
            UpdateWatch();
            return;
        }

        bool readable = failed || (events & (_readWantsWrite ? LibC.EPOLLOUT : LibC.EPOLLIN)) != 0;
        bool writable = failed || (events & (_writeWantsRead ? LibC.EPOLLIN : LibC.EPOLLOUT)) != 0;
        if (writable && _write is { IsPending: true })
        {
            GoOnWriting();
        }

        bool reads = readable && _read is { IsPending: true };
        if (reads)
        {
            GoOnReading();
        }

        UpdateWatch(isExact: !reads);
    }

    public override void OnDefect(Exception defect) => Abandon();

    private ValueTask<int> BeginRead(Memory<byte> buffer, CancellationToken cancellation)
    {
        _read ??= new LoopOperation();
        _read.Reset(buffer, default);
        _read.Begin(this, cancellation);
        UpdateWatch();
        return new ValueTask<int>(_read, _read.Version);
    }

    private void GoOnReading()
    {
        if (_shakingHands)
        {
            GoOnShakingHands();
            return;
        }

        int count = _read!.Into.IsEmpty ? 0 : ReadSome(_read.Into.Span);
        _readWantsWrite = count == IoResult.WantWrite;
        if (count >= 0)
        {
            _read.Complete(count);
        }
        else if (count == IoResult.Failed)
        {
            _read.Fail(Broken());
        }
    }

    /// <summary>A read of a plain socket that leaves room took all there was: the next one waits for the kernel's word, as an answer has not come when its question was just sent.</summary>
    private int ReadSome(Span<byte> buffer)
    {
        int count = Read(buffer);
        _isDrained = Tls is null && count > 0 && count < buffer.Length;
        return count;
    }

    private void GoOnShakingHands()
    {
        int result = Tls!.Handshake();
        _readWantsWrite = result == IoResult.WantWrite;
        if (result is IoResult.WantRead or IoResult.WantWrite)
        {
            return;
        }

        _shakingHands = false;
        if (result > 0)
        {
            _read!.Complete(0);
        }
        else
        {
            _read!.Fail(HandshakeFailed());
        }
    }

    private void GoOnWriting()
    {
        ReadOnlyMemory<byte> rest = _write!.From;
        int result = WriteSome(ref rest);
        _write.From = rest;
        if (result == 0)
        {
            _write.Complete(0);
        }
        else if (result == IoResult.Failed)
        {
            _write.Fail(Broken());
        }
    }

    /// <summary>0 when all is written, else the result that stopped it.</summary>
    private int WriteSome(ref ReadOnlyMemory<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            int count = IsClosed ? IoResult.Failed : Write(rest.Span);
            if (count < 0)
            {
                _writeWantsRead = count == IoResult.WantRead;
                return count;
            }

            rest = rest[count..];
        }

        _writeWantsRead = false;
        return 0;
    }

    /// <summary>Watches for what is awaited.</summary>
    /// <param name="isExact">
    /// What came was for no read: it is not to be reported again, or the loop would spin on it (a TLS read that waits to write leaves its bytes unread). Else the watch for bytes stays when a read has ended, for most often the next one follows
    /// (measured: two calls of epoll_ctl less for each request to a pod).
    /// </param>
    private void UpdateWatch(bool isExact = false)
    {
        uint events = 0;
        if (_watcher is not null)
        {
            // What a relay will watch for, so that it finds it done; a client that speaks before it is answered would be reported again and again.
            events = _hasSpoken ? LibC.EPOLLRDHUP : LibC.EPOLLIN | LibC.EPOLLRDHUP;
        }

        if (_read is { IsPending: true })
        {
            events |= _readWantsWrite || _connecting ? LibC.EPOLLOUT : LibC.EPOLLIN | LibC.EPOLLRDHUP;
        }

        if (_write is { IsPending: true })
        {
            events |= _writeWantsRead ? LibC.EPOLLIN : LibC.EPOLLOUT;
        }

        Watch(isExact ? events : events | (Interest & (LibC.EPOLLIN | LibC.EPOLLRDHUP)));
    }

    internal void Cancel(LoopOperation operation)
    {
        operation.Fail(new OperationCanceledException());
        UpdateWatch();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFromOutsideAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        await Loop.SwitchTo();
        return await ReadAsync(buffer, cancellation).ConfigureAwait(false);
    }

    private async ValueTask WriteFromOutsideAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation)
    {
        await Loop.SwitchTo();
        await WriteAsync(buffer, cancellation).ConfigureAwait(false);
    }

    private sealed class LingerLimit(StreamSocket socket) : LoopTimer
    {
        public override void OnDue() => socket.Abandon();
    }

    private IOException Broken() => new(IsClosed ? "the socket is closed" : ErrorText);

    private IOException HandshakeFailed() => new($"TLS: {Tls?.FailureText ?? "the peer closed the connection inside the handshake"}");
}
