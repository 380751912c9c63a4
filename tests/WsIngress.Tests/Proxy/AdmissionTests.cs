using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;
using static WsIngress.Tests.Proxy.Paced;

namespace WsIngress.Tests.Proxy;

/// <summary>Admission of handshakes: the pace that an Ingress and its pods set, the wait for a turn, and what a refusal costs.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task What_comes_too_fast_is_told_when_to_come_back_and_plain_HTTP_is_not_counted(WsVia via)
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: PerPod(rate: 1, burst: 2, queue: 0), time: time);
        var open = await OpenAsync(proxy, 3, via);

        Assert.Equal([true, true, false], open.Select(s => s.IsOpen));
        Assert.Equal(503, open[2].Status);
        Assert.InRange(int.Parse(open[2].Headers.Joined("Retry-After")!, CultureInfo.InvariantCulture), 1, 3);
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.HandshakeRate));
        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 5; i++)
        {
            using var plain = await proxy.GetAsync();
            Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        }

        // The turn of that second is still there.
        await using var next = await RawHandshake.OpenAsync(proxy, via);
        Assert.True(next.IsOpen);
        await CloseAsync(open);
    }

    [Fact]
    public async Task Refused_tries_cost_nothing()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: PerPod(rate: 1, burst: 1, queue: 0), time: time);
        await CloseAsync(await OpenAsync(proxy, 50));

        // Had they, the next would have to wait for fifty seconds.
        time.Advance(TimeSpan.FromSeconds(1));
        await using var next = await RawHandshake.OpenAsync(proxy);
        Assert.True(next.IsOpen);
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_the_order_in_which_they_came_at_the_pace()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: PerPod(rate: 2, burst: 1, timeout: TimeSpan.FromSeconds(9)), time: time);
        await using var first = await RawHandshake.OpenAsync(proxy);
        var order = new List<int>();
        var waiting = new List<Task<RawHandshake>>();
        for (var i = 0; i < 6; i++)
        {
            waiting.Add(Numbered(i));
            await WaitingAsync(proxy, i + 1);
        }

        for (var served = 1; served <= 6; served++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Settled.TrueAsync(() => Count(order) == served, () => $"{Count(order)} of {served} were served");
            Assert.Equal(6 - served, Waiting(proxy));
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], order);
        await CloseAsync(await Task.WhenAll(waiting));

        async Task<RawHandshake> Numbered(int number)
        {
            var socket = await RawHandshake.OpenAsync(proxy);
            Assert.True(socket.IsOpen);
            lock (order)
            {
                order.Add(number);
            }

            return socket;
        }
    }

    [Fact]
    public async Task A_queue_has_an_end_and_whoever_would_wait_in_vain_is_told_at_once()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: time);
        proxy.Publish([pod.Endpoint], backend: PerPod(rate: 1, burst: 1, queue: 2, timeout: TimeSpan.FromSeconds(9)));
        await using var first = await RawHandshake.OpenAsync(proxy);
        var waiting = new List<Task<RawHandshake>> { RawHandshake.OpenAsync(proxy), RawHandshake.OpenAsync(proxy) };
        await WaitingAsync(proxy, 2);
        await using (var third = await RawHandshake.OpenAsync(proxy))
        {
            Assert.Equal(503, third.Status);
        }

        // Room for a hundred, but not the time: a second for each, and three may be waited.
        proxy.Publish([pod.Endpoint with { PodUid = "another" }], backend: PerPod(rate: 1, burst: 1, queue: 100, timeout: TimeSpan.FromSeconds(3)));
        await using var other = await RawHandshake.OpenAsync(proxy);
        Assert.True(other.IsOpen);
        waiting.AddRange([RawHandshake.OpenAsync(proxy), RawHandshake.OpenAsync(proxy), RawHandshake.OpenAsync(proxy)]);
        await WaitingAsync(proxy, 5);
        await using (var late = await RawHandshake.OpenAsync(proxy))
        {
            Assert.Equal(503, late.Status);
        }

        await RunAsync(time, () => waiting.TrueForAll(w => w.IsCompleted));
        await CloseAsync(await Task.WhenAll(waiting));
    }

    [Fact]
    public async Task A_wait_has_an_end()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: PerPod(rate: 1, burst: 1, timeout: TimeSpan.FromSeconds(1.5)), time: time);
        await using var first = await RawHandshake.OpenAsync(proxy);
        var waits = RawHandshake.OpenAsync(proxy);
        await WaitingAsync(proxy, 1);

        // Somebody else takes every turn of this pod.
        var bucket = proxy.Plane.Tables.Backends.Single().Endpoints[0].State.Bucket;
        for (var i = 0; i < 15; i++)
        {
            Assert.Equal(1, Waiting(proxy));
            time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.True(bucket.TryTake(new(1000, 1, time.GetTimestamp(), time)));
            time.Advance(TimeSpan.FromMilliseconds(50));
        }

        await using var refused = await waits;
        Assert.Equal(503, refused.Status);
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.HandshakeRate));
    }

    [Fact]
    public async Task No_wait_is_longer_than_the_handshake_may_take()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        var policy = new RoutePolicy { WebSocket = new() { HandshakeTimeout = TimeSpan.FromMilliseconds(700) } };
        await using var proxy = await TestProxy.ToAsync(pod, policy, PerPod(rate: 1, burst: 1, timeout: TimeSpan.FromMinutes(1)), time: time);
        await using var first = await RawHandshake.OpenAsync(proxy);
        await using var inVain = await RawHandshake.OpenAsync(proxy);

        Assert.Equal((101, 503), (first.Status, inVain.Status));
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_place_at_once_and_its_turn_is_the_next_ones()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(
            pod, new RoutePolicy { WebSocket = new() { MaxConnections = 3 } }, PerPod(rate: 1, burst: 1, queue: 1, timeout: TimeSpan.FromSeconds(9)), time: time);
        await using var first = await RawHandshake.OpenAsync(proxy);
        var leaves = await RawHandshake.ConnectAsync(proxy);
        await leaves.WriteAsync($"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawHandshake.Key}\r\n\r\n");
        await WaitingAsync(proxy, 1);
        await using (var full = await RawHandshake.OpenAsync(proxy))
        {
            Assert.Equal(503, full.Status);
        }

        leaves.Reset();
        await WaitingAsync(proxy, 0);
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.ClientGone));
        var stays = RawHandshake.OpenAsync(proxy);
        await WaitingAsync(proxy, 1);
        time.Advance(TimeSpan.FromSeconds(1));
        await using var second = await stays;
        Assert.True(second.IsOpen);
        await Settled.TrueAsync(() => Settled.Load(proxy) == 2, () => $"load {Settled.Load(proxy)}");
    }

    [Theory]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.ConsistentHash)]
    public async Task A_pod_that_has_had_its_share_is_passed_over(LoadBalancing balancing)
    {
        var time = new FakeTimeProvider();
        await using var one = await TestPod.StartAsync("one");
        await using var two = await TestPod.StartAsync("two");
        await using var proxy = await TestProxy.StartAsync(time: time);
        proxy.Publish([one.Endpoint, two.Endpoint], backend: PerPod(rate: 1, burst: 3, queue: 0) with { LoadBalancing = balancing });
        var open = await OpenAsync(proxy, 7);

        Assert.Equal(3, open.Count(s => s.Headers.Joined("X-Pod-Name") == "one"));
        Assert.Equal(3, open.Count(s => s.Headers.Joined("X-Pod-Name") == "two"));
        Assert.Equal(503, open[6].Status);
        await CloseAsync(open);
    }

    [Fact]
    public async Task A_turn_that_reached_no_pod_is_given_back_and_one_that_did_is_spent()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var refuses = RawPod.Start(c => c.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        await using var proxy = await TestProxy.StartAsync(time: time);
        var policy = new RoutePolicy { WebSocket = new() { Pace = new() { Rate = 1, Burst = 2, Queue = 0 } } };

        // No pod, and a pod without a turn: the Ingress's own turns are still there.
        proxy.Publish([], policy);
        await CloseAsync(await OpenAsync(proxy, 5));
        proxy.Publish([pod.Endpoint], policy, PerPod(rate: 1, burst: 1, queue: 0));
        var open = await OpenAsync(proxy, 4);
        Assert.Equal([101, 503, 503, 503], open.Select(s => s.Status));

        // One is left. A pod that refuses has been asked.
        proxy.Publish([refuses.Endpoint], policy);
        await using (var refused = await RawHandshake.OpenAsync(proxy))
        {
            Assert.Equal(403, refused.Status);
        }

        await using (var none = await RawHandshake.OpenAsync(proxy))
        {
            Assert.Equal(503, none.Status);
        }

        await CloseAsync(open);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task A_dead_pod_costs_a_try_and_the_next_one_is_asked()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: time);
        var dead = new Endpoint { Address = "127.0.0.1", Port = 9, PodUid = "uid-dead" };
        proxy.Publish([dead, pod.Endpoint], backend: PerPod(rate: 1, burst: 4, timeout: TimeSpan.FromSeconds(5)));
        var open = await OpenAsync(proxy, 4);
        Assert.All(open, s => Assert.True(s.IsOpen));

        // Whoever falls upon the dead one has to wait for the other's next turn, behind nobody.
        var more = Enumerable.Range(0, 3).Select(_ => RawHandshake.OpenAsync(proxy)).ToList();
        await RunAsync(time, () => more.TrueForAll(m => m.IsCompleted));
        Assert.All(await Task.WhenAll(more), s => Assert.True(s.IsOpen));
        await CloseAsync([.. open, .. await Task.WhenAll(more)]);
    }

    [Fact]
    public async Task A_try_that_began_at_a_dead_pod_takes_the_turn_of_the_next_one_all_the_same()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: new FakeTimeProvider());
        var dead = new Endpoint { Address = "127.0.0.1", Port = 9, PodUid = "uid-dead" };
        proxy.Publish([dead, pod.Endpoint], backend: PerPod(rate: 1, burst: 3, queue: 0));
        var open = await OpenAsync(proxy, 8);

        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Tries == 2));
        Assert.Equal(3, open.Count(s => s.IsOpen));
        await CloseAsync(open);
    }

    [Fact]
    public async Task The_pace_outlives_every_change_of_the_table()
    {
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: time);
        var policy = new RoutePolicy { WebSocket = new() { Pace = new() { Rate = 1, Burst = 2, Queue = 0 } } };
        proxy.Publish([pod.Endpoint], policy);
        await using var first = await RawHandshake.OpenAsync(proxy);
        proxy.Publish([pod.Endpoint], policy with { MaxBodySize = 5 });
        await using var second = await RawHandshake.OpenAsync(proxy);
        proxy.Publish([pod.Endpoint], policy with { MaxBodySize = 6 });
        await using var third = await RawHandshake.OpenAsync(proxy);

        Assert.Equal([101, 101, 503], [first.Status, second.Status, third.Status]);
    }
}
