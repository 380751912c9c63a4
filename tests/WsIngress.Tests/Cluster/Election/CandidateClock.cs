using Microsoft.Extensions.Time.Testing;

namespace WsIngress.Tests.Cluster.Election;

/// <summary>
/// The clock of one process: all run at the same speed, but each has its own origin and its own idea of the date, which may jump. While
/// the process is frozen its clock runs on and its timers wait.
/// </summary>
internal sealed class CandidateClock(FakeTimeProvider shared, long origin) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<OwnTimer> _armed = [];
    private readonly Queue<Action> _due = [];
    private TaskCompletionSource? _frozen;

    /// <summary>How far its date is off.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>Somebody waits on this clock for this long or less: a pause between two requests, not the limit of one.</summary>
    public bool IsWaiting(TimeSpan longest)
    {
        lock (_gate)
        {
            return _armed.Exists(timer => timer.Due <= longest);
        }
    }

    public override long TimestampFrequency => shared.TimestampFrequency;

    public override long GetTimestamp() => shared.GetTimestamp() + origin;

    public override DateTimeOffset GetUtcNow() => shared.GetUtcNow() + Skew;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new OwnTimer(this, callback, state, dueTime, period);

    public void Freeze()
    {
        lock (_gate)
        {
            _frozen ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Completes once the process runs: what arrives at a frozen one waits.</summary>
    public Task RunsAsync()
    {
        lock (_gate)
        {
            return _frozen?.Task ?? Task.CompletedTask;
        }
    }

    public void Thaw()
    {
        Action[] due;
        lock (_gate)
        {
            _frozen?.TrySetResult();
            _frozen = null;
            due = [.. _due];
            _due.Clear();
        }

        Array.ForEach(due, callback => callback());
    }

    private void Fire(OwnTimer timer, Action callback)
    {
        lock (_gate)
        {
            _armed.Remove(timer);
            if (_frozen is not null)
            {
                _due.Enqueue(callback);
                return;
            }
        }

        callback();
    }

    private sealed class OwnTimer : ITimer
    {
        private readonly CandidateClock _clock;
        private readonly ITimer _inner;

        public OwnTimer(CandidateClock clock, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _clock = clock;
            _inner = clock.Shared.CreateTimer(_ => _clock.Fire(this, () => callback(state)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Change(dueTime, period);
        }

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._gate)
            {
                Due = dueTime;
                _clock._armed.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    _clock._armed.Add(this);
                }
            }

            return _inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            lock (_clock._gate)
            {
                _clock._armed.Remove(this);
            }

            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private FakeTimeProvider Shared => shared;
}
