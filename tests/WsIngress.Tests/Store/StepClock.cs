using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace WsIngress.Tests.Store;

/// <summary>A fake clock that tells when someone began to wait on it, so that a test moves it only then.</summary>
internal sealed class StepClock : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _armed = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero)
        {
            _armed.Writer.TryWrite(dueTime);
        }

        return timer;
    }

    /// <summary>Waits for the next timer that somebody sets, and says how long it is.</summary>
    public async Task<TimeSpan> NextTimerAsync() => await _armed.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Forgets the timers that were set so far.</summary>
    public void Forget()
    {
        while (_armed.Reader.TryRead(out _))
        {
        }
    }
}
