using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static WsIngress.Tests.Proxy.Paced;

namespace WsIngress.Tests.Proxy;

/// <summary>What many clients and a fresh pod do to each other, by the clock.</summary>
public sealed class StormTests
{
    [Fact]
    public async Task A_pod_that_has_just_become_ready_begins_slowly()
    {
        var time = new FakeTimeProvider();
        await using var old = await TestPod.StartAsync("old");
        await using var fresh = await TestPod.StartAsync("fresh");
        await using var proxy = await TestProxy.StartAsync(time: time);
        var backend = PerPod(rate: 20, burst: 20, queue: 0) with { SlowStart = TimeSpan.FromSeconds(10) };
        proxy.Publish([old.Endpoint], backend: backend);
        proxy.Publish([old.Endpoint, fresh.Endpoint], backend: backend);

        Assert.Equal((20, 2), await RoundAsync());
        time.Advance(TimeSpan.FromSeconds(5));

        // Half of its start: 10 % and half of the other 90 %.
        Assert.Equal((20, 11), await RoundAsync());
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((20, 20), await RoundAsync());

        async Task<(int Old, int Fresh)> RoundAsync()
        {
            var open = await OpenAsync(proxy, 45);
            await CloseAsync(open);
            await Settled.NothingIsHeldAsync(proxy);
            return (open.Count(s => s.Headers.Joined("X-Pod-Name") == "old"), open.Count(s => s.Headers.Joined("X-Pod-Name") == "fresh"));
        }
    }

    [Fact]
    public async Task A_storm_reaches_the_pods_at_their_pace_and_all_are_back_in_time()
    {
        const int Sockets = 120;
        const int Rate = 20;
        var time = new FakeTimeProvider();
        await using var one = await TestPod.StartAsync("one");
        await using var two = await TestPod.StartAsync("two");
        await using var doomed = await TestPod.StartAsync("doomed");
        await using var proxy = await TestProxy.StartAsync(time: time);
        proxy.Publish([doomed.Endpoint]);
        var before = await OpenAsync(proxy, Sockets);
        var backend = PerPod(Rate, burst: 2, queue: 50, timeout: TimeSpan.FromSeconds(1));
        proxy.Publish([one.Endpoint, two.Endpoint], backend: backend);
        await doomed.DisposeAsync();
        await CloseAsync(before);
        await Settled.NothingIsHeldAsync(proxy);

        var started = time.GetTimestamp();
        var upgrades = new List<(string Pod, TimeSpan At)>();
        var clients = Enumerable.Range(0, Sockets).Select(_ => ComeBackAsync()).ToList();
        await RunAsync(time, () => clients.TrueForAll(c => c.IsCompleted), step: TimeSpan.FromMilliseconds(50), meanwhile: async () =>
        {
            using var plain = await proxy.GetAsync();
            Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        });

        foreach (var pod in upgrades.GroupBy(u => u.Pod))
        {
            var times = pod.Select(u => u.At).Order().ToArray();
            foreach (var at in times)
            {
                // What a client notes is up to two steps of the clock late.
                Assert.InRange(times.Count(t => t >= at && t < at + TimeSpan.FromMilliseconds(900)), 0, Rate + 2);
            }
        }

        var took = time.GetElapsedTime(started);
        Assert.InRange(took.TotalSeconds, (Sockets - 4) / (2.0 * Rate) * 0.9, (Sockets / (2.0 * Rate) * 1.2) + 2);
        await CloseAsync(await Task.WhenAll(clients));

        async Task<RawHandshake> ComeBackAsync()
        {
            while (true)
            {
                var socket = await RawHandshake.OpenAsync(proxy);
                if (socket.IsOpen)
                {
                    lock (upgrades)
                    {
                        upgrades.Add((socket.Headers.Joined("X-Pod-Name")!, time.GetElapsedTime(started)));
                    }

                    return socket;
                }

                Assert.Equal(503, socket.Status);
                var wait = int.Parse(socket.Headers.Joined("Retry-After")!, CultureInfo.InvariantCulture);
                await socket.DisposeAsync();
                await Task.Delay(TimeSpan.FromSeconds(wait), time);
            }
        }
    }
}
