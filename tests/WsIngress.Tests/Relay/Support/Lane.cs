namespace WsIngress.Tests.Relay.Support;

/// <summary>Bytes from one writer to one reader, with a bounded buffer. May end, fail at a byte, and cut its reads small.</summary>
internal sealed class Lane(int capacity = 64 * 1024)
{
    private readonly Lock _lock = new();
    private readonly Queue<byte> _bytes = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _completed;
    private bool _broken;
    private bool _readerGone;
    private long _read;
    private long _written;
    private int _stuckWrites;

    /// <summary>The reader gets this many bytes and then an error.</summary>
    public long FailReadAt { get; set; } = long.MaxValue;

    /// <summary>The writer puts this many bytes and then gets an error.</summary>
    public long FailWriteAt { get; set; } = long.MaxValue;

    /// <summary>The greatest part a single read returns, by turns, for the first thousand reads; empty: no limit.</summary>
    public byte[] ReadCuts { get; set; } = [];

    /// <summary>False: a read of zero bytes returns at once, as on streams that do not know the custom.</summary>
    public bool ZeroByteReadsWait { get; set; } = true;

    /// <summary>Neither a token nor disposal wakes who waits here.</summary>
    public bool HeedsNothing { get; set; }

    public int ReadCalls { get; private set; }

    public int PendingReads { get; private set; }

    /// <summary>Bytes that were written and not yet read.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _bytes.Count;
            }
        }
    }

    public long Written
    {
        get
        {
            lock (_lock)
            {
                return _written;
            }
        }
    }

    /// <summary>Writes that wait for room.</summary>
    public int StuckWrites
    {
        get
        {
            lock (_lock)
            {
                return _stuckWrites;
            }
        }
    }

    public bool Completed
    {
        get
        {
            lock (_lock)
            {
                return _completed;
            }
        }
    }

    public void Complete()
    {
        Change(() => _completed = true);
    }

    /// <summary>Nobody reads any more; the writer gets an error.</summary>
    public void Abandon()
    {
        Change(() => _readerGone = true);
    }

    /// <summary>Both ends fail from now on, as after a reset; unread bytes are gone.</summary>
    public void Break()
    {
        Change(() => _broken = true);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_broken || _completed || _readerGone || _written >= FailWriteAt)
                {
                    throw new IOException("the lane takes no more bytes");
                }

                int count = (int)Math.Min(Math.Min(buffer.Length, capacity - _bytes.Count), FailWriteAt - _written);
                foreach (byte b in buffer.Span[..count])
                {
                    _bytes.Enqueue(b);
                }

                _written += count;
                buffer = buffer[count..];
                if (count > 0)
                {
                    Pulse();
                }

                if (buffer.IsEmpty)
                {
                    return;
                }

                if (_written >= FailWriteAt)
                {
                    continue;
                }

                changed = _changed.Task;
                _stuckWrites++;
            }

            try
            {
                await WaitAsync(changed, cancel);
            }
            finally
            {
                lock (_lock)
                {
                    _stuckWrites--;
                }
            }
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        lock (_lock)
        {
            ReadCalls++;
        }

        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_broken || _read >= FailReadAt)
                {
                    throw new IOException("the lane was reset");
                }

                if (_bytes.Count > 0 || _completed || (buffer.IsEmpty && !ZeroByteReadsWait))
                {
                    return Dequeue(buffer.Span);
                }

                changed = _changed.Task;
                PendingReads++;
            }

            try
            {
                await WaitAsync(changed, cancel);
            }
            finally
            {
                lock (_lock)
                {
                    PendingReads--;
                }
            }
        }
    }

    private int Dequeue(Span<byte> buffer)
    {
        int limit = ReadCuts.Length == 0 || ReadCalls > 1000 ? int.MaxValue : 1 + ReadCuts[ReadCalls % ReadCuts.Length];
        int count = (int)Math.Min(Math.Min(Math.Min(buffer.Length, _bytes.Count), limit), FailReadAt - _read);
        for (int i = 0; i < count; i++)
        {
            buffer[i] = _bytes.Dequeue();
        }

        _read += count;
        Pulse();
        return count;
    }

    private Task WaitAsync(Task changed, CancellationToken cancel)
    {
        return HeedsNothing ? changed : changed.WaitAsync(cancel);
    }

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            Pulse();
        }
    }

    private void Pulse()
    {
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
