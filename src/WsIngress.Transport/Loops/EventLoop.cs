using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Loops;

/// <summary>
/// One thread over one epoll set. Everything that touches its sockets runs on this thread: events of sockets, timers, and work that other
/// threads <see cref="Post"/>. Level-triggered; edge-triggering, spinning and other batch sizes were measured and made no difference.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int BatchSize = 256;

    /// <summary>Work items between two looks at the sockets, so that neither starves the other.</summary>
    private const int WorkPerTurn = 1024;

    /// <summary>A clock that moves on by less while it is looked at stands still.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly ConcurrentQueue<(Action<object?> Run, object? State)> _work = new();
    private readonly Action<LoopTimer> _callTimer;
    private readonly Thread _thread;
    private readonly ITimer _alarm;
    private readonly ILogger _logger;
    private readonly int _epoll;
    private readonly int _wake;
    private LoopSocket?[] _sockets = new LoopSocket?[256];
    private readonly Stack<int> _free = new();
    private int _used = 1;
    private int _watched;
    private uint _generation;
    private int _wakePending;
    private long _alarmAt = long.MaxValue;
    private volatile bool _stopping;

    /// <exception cref="IOException">The kernel has no room for another epoll set.</exception>
    public EventLoop(int index, TimeProvider time, ILogger logger)
    {
        Index = index;
        Time = time;
        _logger = logger;
        Timers = new TimerWheel(time);
        ReadBuffer = GC.AllocateUninitializedArray<byte>(ReadBufferSize, pinned: true);
        _epoll = Checked(LibC.EpollCreate(), "epoll_create1");
        _wake = Checked(LibC.EventFd(), "eventfd");
        Checked(LibC.EpollControl(_epoll, LibC.EPOLL_CTL_ADD, _wake, LibC.EPOLLIN, 0), "epoll_ctl");
        _alarm = time.CreateTimer(static loop => ((EventLoop)loop!).Alarm(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Scheduler = new LoopScheduler(this);
        Now = time.GetTimestamp();

        // Once: a delegate for every turn is 64 bytes, 0.8 MB a second under messages, and a collection every eight seconds.
        _callTimer = CallTimer;
        _thread = new Thread(Run, 512 * 1024) { IsBackground = true, Name = $"wsingress loop {index}" };
        _thread.Start();
    }

    /// <summary>Bytes of <see cref="ReadBuffer"/>: 64 KiB, the most that may pend in one direction, behind the headroom of a frame header.</summary>
    public const int ReadBufferSize = Headroom + (64 * 1024);

    /// <summary>Free bytes that every read leaves at the front of the buffer.</summary>
    public const int Headroom = Relay.FrameScanner.MaxHeaderLength;

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EventLoop? Current => _current;

    public int Index { get; }

    public TimeProvider Time { get; }

    public TimerWheel Timers { get; }

    public LoopScheduler Scheduler { get; }

    public bool IsCurrent => _current == this;

    /// <summary>The clock as it was read when this turn began.</summary>
    public long Now { get; private set; }

    /// <summary>One buffer for whoever reads at the moment; what must stay is copied out of it before the handler returns.</summary>
    public byte[] ReadBuffer { get; }

    /// <summary>Sockets that are watched; a plain read from any thread.</summary>
    public int SocketCount => Volatile.Read(ref _watched);

    /// <summary>When the running turn began, as a timestamp; 0 while the loop sleeps. A watchdog reads it.</summary>
    public long TurnStarted => Volatile.Read(ref _turnStarted);

    private long _turnStarted;

    /// <summary>Runs the action on the loop's thread, soon. From any thread; actions of one thread keep their order.</summary>
    public void Post(Action<object?> run, object? state)
    {
        _work.Enqueue((run, state));
        if (!IsCurrent)
        {
            Wake();
        }
    }

    /// <summary>Continues on the loop's thread; at once when it is this one.</summary>
    public LoopSwitch SwitchTo() => new(this);

    internal void Add(LoopSocket socket, uint events)
    {
        int slot = _free.TryPop(out int free) ? free : _used++;
        if (slot == _sockets.Length)
        {
            Array.Resize(ref _sockets, _sockets.Length * 2);
        }

        _sockets[slot] = socket;
        socket.Slot = slot;
        socket.Generation = ++_generation;
        Volatile.Write(ref _watched, _watched + 1);
        Control(LibC.EPOLL_CTL_ADD, socket, events);
    }

    internal void Change(LoopSocket socket, uint events) => Control(LibC.EPOLL_CTL_MOD, socket, events);

    internal void Remove(LoopSocket socket)
    {
        Control(LibC.EPOLL_CTL_DEL, socket, 0);
        Free(socket.Slot);
        socket.Slot = 0;
    }

    /// <summary>The descriptor of the place is closed: an event of it that is still in the batch finds nobody.</summary>
    internal void Free(int slot)
    {
        _sockets[slot] = null;
        _free.Push(slot);
        Volatile.Write(ref _watched, _watched - 1);
    }

    /// <summary>The socket of the place was given away, and is to be taken in this turn.</summary>
    internal void Vacate(int slot) => _sockets[slot] = null;

    /// <summary>Takes a place that was vacated. It keeps its generation: an event that is still in the batch is the new owner's.</summary>
    internal void Settle(LoopSocket socket) => _sockets[socket.Slot] = socket;

    /// <summary>Stops the thread and waits for it. Sockets that are still watched are left to their owners.</summary>
    public void Dispose()
    {
        _stopping = true;
        Wake();
        if (!IsCurrent)
        {
            _thread.Join();
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            ulong one = 1;
            _ = LibC.Write(_wake, &one, sizeof(ulong));
        }
    }

    /// <summary>Clocks count milliseconds and may call a little early: whatever time it is, there is no alarm any more until the loop sets the next.</summary>
    private void Alarm()
    {
        Volatile.Write(ref _alarmAt, long.MaxValue);
        Wake();
    }

    private void Run()
    {
        _current = this;
        byte* batch = stackalloc byte[BatchSize * EpollEvents.MaxSize];
        while (!_stopping)
        {
            int count = _work.IsEmpty && SetAlarm() ? Wait(batch) : LibC.EpollPoll(_epoll, batch, BatchSize);
            Now = Time.GetTimestamp();
            Volatile.Write(ref _turnStarted, Now);
            Dispatch(batch, count);
            RunWork();
            if (Timers.Count > 0)
            {
                Timers.Advance(Now, _callTimer);
            }
        }

        _alarm.Dispose();
        EndWaking();
        _ = LibC.Close(_wake);
        _ = LibC.Close(_epoll);
    }

    /// <summary>Nobody writes to the descriptor any more, which may be another's soon: whoever was to wake the loop has done so, and nobody else will.</summary>
    private void EndWaking()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            return;
        }

        ulong ignored;
        var spin = default(SpinWait);
        while (LibC.Read(_wake, &ignored, sizeof(ulong)) < 0)
        {
            spin.SpinOnce();
        }
    }

    private int Wait(byte* batch)
    {
        Volatile.Write(ref _turnStarted, 0);
        return LibC.EpollWait(_epoll, batch, BatchSize, -1);
    }

    /// <summary>
    /// Has a timer of the clock wake the loop for the first of its own, so that a clock of a test can too. False when that is due already: the
    /// clock is read again after the alarm was set, for it may have moved in between.
    /// </summary>
    private bool SetAlarm()
    {
        for (int i = 0; i < 4; i++)
        {
            long now = Time.GetTimestamp();
            if (Timers.UntilNext(now) is not { } wait)
            {
                return true;
            }

            if (wait <= TimeSpan.Zero)
            {
                return false;
            }

            long at = now + (long)(wait.TotalSeconds * Time.TimestampFrequency);
            if (at < Volatile.Read(ref _alarmAt))
            {
                Volatile.Write(ref _alarmAt, at);
                _alarm.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }

            if (Time.GetElapsedTime(now) < Shortest)
            {
                return true;
            }

            // The alarm was set by a time that had passed already: it would come that much too late.
            Volatile.Write(ref _alarmAt, long.MaxValue);
        }

        return true;
    }

    private void Dispatch(byte* batch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            (uint events, ulong data) = EpollEvents.Read(batch, i);
            int slot = (int)(uint)data;
            if (slot == 0)
            {
                ulong ignored;
                _ = LibC.Read(_wake, &ignored, sizeof(ulong));

                // A full fence: a plain write could come after the look at the queue, and who posts in between would not wake.
                Interlocked.Exchange(ref _wakePending, 0);
                continue;
            }

            LoopSocket? socket = _sockets[slot];
            if (socket is null || socket.Generation != (uint)(data >> 32))
            {
                continue;
            }

            CallSocket(socket, events);
        }
    }

    private void RunWork()
    {
        if (_work.IsEmpty)
        {
            return;
        }

        // What is posted meanwhile has the next turn: work that posts itself would have this one for itself.
        for (int left = Math.Min(WorkPerTurn, _work.Count); left > 0 && _work.TryDequeue(out var work); left--)
        {
            CallWork(work.Run, work.State);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A defect costs its own socket, never the thousands that share the loop.")]
    private void CallSocket(LoopSocket socket, uint events)
    {
        try
        {
            socket.OnEvents(events);
        }
        catch (Exception defect)
        {
            TransportLog.Defect(_logger, defect, socket.GetType().Name);
            CallWork(static state => { var (socket, defect) = ((LoopSocket, Exception))state!; socket.OnDefect(defect); }, (socket, defect));
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "As above.")]
    private void CallWork(Action<object?> run, object? state)
    {
        try
        {
            run(state);
        }
        catch (Exception defect)
        {
            TransportLog.Defect(_logger, defect, state?.GetType().Name ?? "work");
        }
    }

    private void CallTimer(LoopTimer timer) => CallWork(static state => ((LoopTimer)state!).OnDue(), timer);

    private void Control(int operation, LoopSocket socket, uint events)
    {
        ulong data = ((ulong)socket.Generation << 32) | (uint)socket.Slot;
        if (LibC.EpollControl(_epoll, operation, socket.Descriptor, events, data) < 0)
        {
            throw new IOException($"epoll_ctl: {Errno.Text(LibC.LastError)}");
        }
    }

    private static int Checked(int result, string call) => result >= 0 ? result : throw new IOException($"{call}: {Errno.Text(LibC.LastError)}");
}
