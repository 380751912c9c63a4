using Microsoft.Extensions.Time.Testing;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Keys of tickets take turns by the clock alone.</summary>
public sealed class TicketKeysTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_key_seals_for_its_period_and_opens_for_two_more()
    {
        var keys = new TicketKeys(_time, TimeSpan.FromHours(1));
        var first = keys.Newest();
        var secret = first.CipherKey.ToArray();

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Same(first, keys.Newest());
        Assert.Equal((first, false), keys.Find(first.Name));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotSame(first, keys.Newest());
        Assert.Equal((first, true), keys.Find(first.Name));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((first, true), keys.Find(first.Name));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(keys.Find(first.Name).Key);
        Assert.Equal(secret, first.CipherKey.ToArray());

        // One turn after it fell out, when nobody can be using it, it is wiped.
        _time.Advance(TimeSpan.FromHours(1));
        keys.Newest();
        Assert.Equal(new byte[32], first.CipherKey.ToArray());
        Assert.Equal(new byte[32], first.SealKey.ToArray());
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(1000, false)]
    public void A_pause_turns_as_often_as_its_hours(int hours, bool known)
    {
        var keys = new TicketKeys(_time, TimeSpan.FromHours(1));
        var first = keys.Newest();

        _time.Advance(TimeSpan.FromHours(hours));

        Assert.Equal(known, keys.Find(first.Name).Key is not null);
    }

    [Fact]
    public void Keys_differ_in_name_and_secret()
    {
        var (one, two) = (new TicketKey(), new TicketKey());

        Assert.NotEqual(one.Name.ToArray(), two.Name.ToArray());
        Assert.NotEqual(one.CipherKey.ToArray(), two.CipherKey.ToArray());
        Assert.NotEqual(one.CipherKey.ToArray(), one.SealKey.ToArray());
        Assert.Null(new TicketKeys(_time).Find(one.Name).Key);
    }

    [Fact]
    public async Task Threads_that_meet_at_a_turn_agree_on_the_key()
    {
        using var clock = new MeetingClock();
        var keys = new TicketKeys(clock, TimeSpan.FromHours(1));
        var first = keys.Newest();
        clock.Meet(TimeSpan.FromHours(1));

        var seen = await Task.WhenAll(Task.Run(keys.Newest), Task.Run(keys.Newest));

        Assert.Same(seen[0], seen[1]);
        Assert.NotSame(first, seen[0]);
    }

    /// <summary>Has two threads look at it together, so that both see the turn before either has made it.</summary>
    private sealed class MeetingClock : TimeProvider, IDisposable
    {
        private readonly Barrier _meeting = new(2);
        private int _expected;
        private long _now;

        public void Meet(TimeSpan after)
        {
            _now += after.Ticks;
            _expected = 2;
        }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            if (Interlocked.Decrement(ref _expected) >= 0)
            {
                _meeting.SignalAndWait();
            }

            return _now;
        }

        public void Dispose() => _meeting.Dispose();
    }
}
