using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Transport.Loops;
using Xunit;

namespace WsIngress.Tests.Transport.Loops;

/// <summary>What wakes a loop for its timers.</summary>
public sealed class AlarmTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_timer_of_the_clock_that_rings_too_early_is_set_again()
    {
        var loop = new EventLoop(0, new EarlyClock(), NullLogger.Instance);
        try
        {
            var due = new DueTimer();
            loop.Post(_ => loop.Timers.Set(due, TimeSpan.FromMilliseconds(120)), null);

            await due.Task.WaitAsync(Patience, TimeProvider.System);
        }
        finally
        {
            loop.Dispose();
        }
    }

    private sealed class DueTimer : LoopTimer
    {
        private readonly TaskCompletionSource _due = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _due.Task;

        public override void OnDue() => _due.TrySetResult();
    }

    /// <summary>A clock whose timers ring after half of their time, as those of the system may do by a millisecond.</summary>
    private sealed class EarlyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new EarlyTimer(base.CreateTimer(callback, state, dueTime, period));

        private sealed class EarlyTimer(ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(dueTime > TimeSpan.Zero ? dueTime / 2 : dueTime, period);

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
