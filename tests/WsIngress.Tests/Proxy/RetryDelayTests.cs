using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Admission;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The seconds of Retry-After: jitter always, over a range that follows the number of those who were refused.</summary>
public sealed class RetryDelayTests
{
    /// <summary>What a client may be told that was refused alone.</summary>
    public static readonly string?[] Quiet = ["1", "2"];

    [Fact]
    public void One_who_is_refused_alone_waits_for_a_second_or_two()
    {
        var time = new FakeTimeProvider();
        var delay = new RetryDelay(new Random(7), time);
        var drawn = new HashSet<int>();
        for (var i = 0; i < 50; i++)
        {
            drawn.Add(delay.Draw());
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([1, 2], drawn.Order());
    }

    [Fact]
    public void The_more_are_refused_the_wider_they_are_spread_up_to_half_a_minute()
    {
        var time = new FakeTimeProvider();
        var delay = new RetryDelay(new Random(7), time);
        var drawn = Enumerable.Range(0, 1000).Select(_ => delay.Draw()).ToArray();
        Assert.InRange(drawn[..100].Max(), 2, 2);
        Assert.Equal(10, drawn.Max());
        Assert.InRange(drawn.Min(), 1, 1);

        drawn = [.. Enumerable.Range(0, 100_000).Select(_ => delay.Draw())];
        Assert.Equal((1, 30), (drawn.Min(), drawn.Max()));
        foreach (var group in drawn[3000..].GroupBy(seconds => seconds))
        {
            Assert.InRange(group.Count(), 97_000 / 30 * 0.85, 97_000 / 30 * 1.15);
        }

        time.Advance(TimeSpan.FromSeconds(31));
        Assert.InRange(delay.Draw(), 1, 2);
    }

    [Fact]
    public void Where_it_is_known_how_long_those_before_take_the_range_is_that_long()
    {
        var delay = new RetryDelay(new Random(7), new FakeTimeProvider());
        int[] Many(double seconds) => [.. Enumerable.Range(0, 2000).Select(_ => delay.Draw(TimeSpan.FromSeconds(seconds)))];

        Assert.Equal([1, 2], Many(0).Distinct().Order());
        Assert.Equal([1, 2, 3, 4, 5], Many(4.2).Distinct().Order());
        Assert.Equal(Enumerable.Range(1, 30), Many(1e6).Distinct().Order());
    }
}
