using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Draining;
using WsIngress.Relay;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>When each of many sockets is ended.</summary>
public sealed class EvenPaceTests
{
    [Theory]
    [InlineData(1000, 30, 50)]
    [InlineData(100, 10, 15)]
    public async Task No_second_sees_more_than_half_again_the_even_rate(int count, int seconds, int most)
    {
        var (ends, took) = await EndAsync(count, TimeSpan.FromSeconds(seconds), seed: 1);

        Assert.Equal(count, ends.Count);
        Assert.InRange(took.TotalSeconds, seconds * 0.98, seconds);
        for (var i = 0; i < ends.Count; i++)
        {
            // Any second, wherever it begins.
            Assert.InRange(ends.Skip(i).TakeWhile(e => e - ends[i] < TimeSpan.FromSeconds(1)).Count(), 1, most);
        }
    }

    [Fact]
    public async Task The_distances_differ_so_that_clients_do_not_come_back_in_step()
    {
        var (ends, _) = await EndAsync(200, TimeSpan.FromSeconds(20), seed: 2);
        var distances = ends.Zip(ends.Skip(1), (a, b) => Math.Round((b - a).TotalMilliseconds)).ToList();

        Assert.True(distances.Distinct().Count() > 50, $"{distances.Distinct().Count()} different distances");
    }

    [Fact]
    public async Task It_stops_when_nothing_is_left_to_wait_for()
    {
        var (ends, took) = await EndAsync(100, TimeSpan.FromHours(1), seed: 3, isOver: ended => ended == 3);

        Assert.Equal(3, ends.Count);
        Assert.True(took < TimeSpan.FromMinutes(3));
    }

    /// <summary>Runs it on a clock that goes exactly from one wait to the next.</summary>
    private static async Task<(List<TimeSpan> Ends, TimeSpan Took)> EndAsync(int count, TimeSpan window, int seed, Func<int, bool>? isOver = null)
    {
        var time = new SteppingClock();
        var sessions = Enumerable.Range(0, count).Select(i => new RelaySession($"s-{i}", RelayOptions.Default, time)).ToArray();
        var started = time.GetTimestamp();
        var ends = new List<TimeSpan>();
        var run = EvenPace.EndAsync(
            sessions, window, time, new Random(seed), s => { Assert.True(s.RequestEnd(RelayOutcome.PodTerminating)); ends.Add(time.GetElapsedTime(started)); }, () => isOver?.Invoke(ends.Count) ?? false, CancellationToken.None);
        _ = run.ContinueWith(_ => time.Waits.Writer.Complete(), TaskScheduler.Default);
        await foreach (var wait in time.Waits.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            time.Advance(wait);
        }

        await run;
        return (ends, time.GetElapsedTime(started));
    }

    /// <summary>Tells of every timer that is set.</summary>
    private sealed class SteppingClock : FakeTimeProvider
    {
        public Channel<TimeSpan> Waits { get; } = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime > TimeSpan.Zero)
            {
                Waits.Writer.TryWrite(dueTime);
            }

            return timer;
        }
    }
}
