using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Transport.Loops;
using Xunit;

namespace WsIngress.Tests.Transport.Loops;

/// <summary>When timers fall due: never early, at most one tick late, and once.</summary>
public sealed class TimerWheelTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private readonly FakeTimeProvider _time = new();
    private readonly TimerWheel _wheel;

    public TimerWheelTests()
    {
        _wheel = new TimerWheel(_time);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(51)]
    [InlineData(51_200)]
    [InlineData(51_250)]
    [InlineData(3_600_000)]
    public void A_timer_is_never_early_and_at_most_a_tick_late(int milliseconds)
    {
        var timer = new CountedTimer();
        var after = TimeSpan.FromMilliseconds(milliseconds);
        _wheel.Set(timer, after);
        var step = TimeSpan.FromMilliseconds(Math.Max(1, milliseconds / 100));
        var passed = TimeSpan.Zero;
        for (; passed + step < after; passed += step)
        {
            Advance(step);
            Assert.Equal(0, timer.Calls);
        }

        Advance(after + Tick - passed);

        Assert.Equal(1, timer.Calls);
        Assert.False(timer.IsSet);
        Assert.Equal(0, _wheel.Count);
    }

    [Property(MaxTest = 200)]
    public void Any_timers_fall_due_once_in_their_time_whatever_the_steps_of_the_clock(ushort[] due, ushort[] steps)
    {
        var time = new FakeTimeProvider();
        var wheel = new TimerWheel(time);
        var timers = due.Select(d => (Timer: new CountedTimer(), Due: TimeSpan.FromMilliseconds(d * 3.0))).ToArray();
        foreach (var (timer, at) in timers)
        {
            wheel.Set(timer, at);
        }

        var passed = TimeSpan.Zero;
        foreach (var step in steps.Append(ushort.MaxValue).Append(ushort.MaxValue).Append(ushort.MaxValue).Append(ushort.MaxValue))
        {
            time.Advance(TimeSpan.FromMilliseconds(step));
            passed += TimeSpan.FromMilliseconds(step);
            wheel.Advance(time.GetTimestamp(), t => t.OnDue());
            foreach (var (timer, at) in timers)
            {
                Assert.True(timer.Calls <= (passed >= at ? 1 : 0), $"early: due at {at}, it is {passed}");
                Assert.True(timer.Calls >= (passed >= at + Tick ? 1 : 0), $"late: due at {at}, it is {passed}");
            }
        }

        Assert.Equal(0, wheel.Count);
        Assert.Null(wheel.UntilNext(time.GetTimestamp()));
    }

    [Fact]
    public void A_timer_that_is_set_again_forgets_its_earlier_time_and_one_that_is_cleared_is_not_called()
    {
        var (moved, cleared) = (new CountedTimer(), new CountedTimer());
        _wheel.Set(moved, TimeSpan.FromSeconds(1));
        _wheel.Set(cleared, TimeSpan.FromSeconds(1));
        _wheel.Set(moved, TimeSpan.FromSeconds(5));
        _wheel.Clear(cleared);
        _wheel.Clear(cleared);
        Assert.Equal(1, _wheel.Count);

        Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((0, 0), (moved.Calls, cleared.Calls));
        Advance(TimeSpan.FromSeconds(4));
        Assert.Equal((1, 0), (moved.Calls, cleared.Calls));
    }

    [Fact]
    public void A_call_may_set_its_own_timer_and_clear_others_that_are_due_with_it()
    {
        var others = new List<CountedTimer>();
        CountedTimer? again = null;
        void ClearOthers() => others.ForEach(_wheel.Clear);
        for (var i = 0; i < 10; i++)
        {
            others.Add(new CountedTimer(ClearOthers));
            _wheel.Set(others[i], TimeSpan.FromSeconds(1));
        }

        again = new CountedTimer(() => _wheel.Set(again!, TimeSpan.Zero));
        _wheel.Set(again, TimeSpan.FromSeconds(2));
        Advance(TimeSpan.FromSeconds(2) + Tick);

        Assert.Equal(1, others.Sum(o => o.Calls));
        Assert.Equal(1, again.Calls);
        Advance(Tick);
        Assert.Equal(2, again.Calls);
    }

    [Fact]
    public void A_clock_that_jumps_by_hours_calls_everything_once()
    {
        var timers = Enumerable.Range(0, 3000).Select(_ => new CountedTimer()).ToArray();
        for (var i = 0; i < timers.Length; i++)
        {
            _wheel.Set(timers[i], TimeSpan.FromMilliseconds(i * 100));
        }

        Advance(TimeSpan.FromHours(10));

        Assert.All(timers, t => Assert.Equal(1, t.Calls));
    }

    [Fact]
    public void The_time_to_the_next_is_never_later_than_the_first_due()
    {
        Assert.Null(_wheel.UntilNext(_time.GetTimestamp()));
        _wheel.Set(new CountedTimer(), TimeSpan.FromMinutes(10));
        _wheel.Set(new CountedTimer(), TimeSpan.FromSeconds(3));

        var next = _wheel.UntilNext(_time.GetTimestamp())!.Value;

        Assert.InRange(next, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(3) + Tick);
        Advance(next);
        Assert.InRange(_wheel.UntilNext(_time.GetTimestamp())!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
    }

    private void Advance(TimeSpan span)
    {
        _time.Advance(span);
        _wheel.Advance(_time.GetTimestamp(), t => t.OnDue());
    }
}
