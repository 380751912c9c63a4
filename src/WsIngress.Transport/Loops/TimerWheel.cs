namespace WsIngress.Transport.Loops;

/// <summary>
/// The due times of one loop: a ring of lists, one per tick of 50 ms, a full turn in 51 s; what is due later is passed over once a turn. Setting
/// and clearing cost a few writes whatever the number of timers. A timer is never early, and at most one tick late.
/// </summary>
internal sealed class TimerWheel(TimeProvider time)
{
    private const int Slots = 1024;

    /// <summary>The list of those that fall due in the running <see cref="Advance"/>.</summary>
    private const int Firing = Slots;

    private readonly LoopTimer?[] _slots = new LoopTimer?[Slots + 1];
    private readonly long _tick = time.TimestampFrequency / 20;
    private readonly long _start = time.GetTimestamp();
    private long _done;

    /// <summary>Timers that are set.</summary>
    public int Count { get; private set; }

    /// <summary>Has the timer fall due after the time from now; earlier settings of it are forgotten.</summary>
    public void Set(LoopTimer timer, TimeSpan after) => SetAt(timer, time.GetTimestamp() + (long)(Math.Max(0, after.TotalSeconds) * time.TimestampFrequency));

    /// <summary>The same for a timestamp of the loop's clock.</summary>
    public void SetAt(LoopTimer timer, long timestamp)
    {
        Clear(timer);
        var due = Math.Max(_done + 1, ((timestamp - _start) + _tick - 1) / _tick);
        timer.DueTick = due;
        Link(timer, (int)(due % Slots));
    }

    public void Clear(LoopTimer timer)
    {
        if (timer.Place == 0)
        {
            return;
        }

        if (timer.Previous is { } previous)
        {
            previous.Next = timer.Next;
        }
        else
        {
            _slots[timer.Place - 1] = timer.Next;
        }

        if (timer.Next is { } next)
        {
            next.Previous = timer.Previous;
        }

        timer.Next = timer.Previous = null;
        timer.Place = 0;
        Count--;
    }

    /// <summary>Calls all timers that are due at the timestamp. A timer that is set meanwhile waits for a later tick.</summary>
    public void Advance(long now, Action<LoopTimer> call)
    {
        var current = (now - _start) / _tick;
        var first = Math.Max(_done + 1, current - Slots + 1);
        _done = Math.Max(_done, current);
        for (var tick = first; tick <= current && Count > 0; tick++)
        {
            Collect((int)(tick % Slots), current);

            // One by one: a call may set or clear every other timer of the list.
            while (_slots[Firing] is { } due)
            {
                Clear(due);
                call(due);
            }
        }
    }

    /// <summary>How long until some timer can be due; null when none is set. May be earlier than the first, by whole turns.</summary>
    public TimeSpan? UntilNext(long now)
    {
        if (Count == 0)
        {
            return null;
        }

        for (var tick = _done + 1; tick <= _done + Slots; tick++)
        {
            if (_slots[tick % Slots] is not null)
            {
                var at = _start + (tick * _tick);
                return TimeSpan.FromSeconds(Math.Max(0, at - now) / (double)time.TimestampFrequency);
            }
        }

        return null;
    }

    private void Collect(int slot, long current)
    {
        for (var timer = _slots[slot]; timer is not null;)
        {
            var next = timer.Next;
            if (timer.DueTick <= current)
            {
                Clear(timer);
                Link(timer, Firing);
            }

            timer = next;
        }
    }

    private void Link(LoopTimer timer, int slot)
    {
        timer.Place = slot + 1;
        timer.Next = _slots[slot];
        if (timer.Next is { } next)
        {
            next.Previous = timer;
        }

        _slots[slot] = timer;
        Count++;
    }
}
