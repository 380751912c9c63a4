using Microsoft.Extensions.Time.Testing;

namespace WsIngress.Tests.Transport.Loops;

/// <summary>A clock whose timers call half a millisecond too early, as those of the system may: they count whole milliseconds.</summary>
internal sealed class EarlyClock : TimeProvider
{
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(0.5);
    private readonly FakeTimeProvider _time = new();
    private int _pending;

    /// <summary>Timers that are set and have not called.</summary>
    public int Pending => Volatile.Read(ref _pending);

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override long GetTimestamp() => _time.GetTimestamp();

    public void Advance(TimeSpan span) => _time.Advance(span);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new EarlyTimer(this, callback, state, dueTime);

    private sealed class EarlyTimer : ITimer
    {
        private readonly EarlyClock _clock;
        private readonly ITimer _timer;
        private int _isSet;

        public EarlyTimer(EarlyClock clock, TimerCallback callback, object? state, TimeSpan dueTime)
        {
            _clock = clock;
            _timer = clock._time.CreateTimer(
                _ =>
                {
                    Unset();
                    callback(state);
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Unset();
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return _timer.Change(dueTime, period);
            }

            bool changed = _timer.Change(dueTime - Early, period);
            Interlocked.Exchange(ref _isSet, 1);
            Interlocked.Increment(ref _clock._pending);
            return changed;
        }

        public void Dispose() => _timer.Dispose();

        public ValueTask DisposeAsync() => _timer.DisposeAsync();

        private void Unset()
        {
            if (Interlocked.Exchange(ref _isSet, 0) == 1)
            {
                Interlocked.Decrement(ref _clock._pending);
            }
        }
    }
}
