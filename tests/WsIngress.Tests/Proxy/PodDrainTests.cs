using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What the sockets of a pod see when it goes, by the clock of the proxy.</summary>
public sealed class PodDrainTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task Sockets_of_a_terminating_pod_end_evenly_over_the_window_and_both_sides_know_why(WsVia via)
    {
        const int Count = 40;
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: Drain(new() { Window = TimeSpan.FromSeconds(10) }), time: _time);
        var closes = await OpenAsync(proxy, via, Count);
        var started = _time.GetUtcNow();

        Terminate(proxy, pod, new() { Window = TimeSpan.FromSeconds(10) });
        await AdvanceUntilAsync(() => closes.All(c => c.IsCompleted));

        var seen = await Task.WhenAll(closes);
        Assert.All(seen, c => Assert.Equal((1012, "pod-terminating"), (c.Frame?.CloseCode, c.Frame?.CloseReason)));
        for (var half = 0; half < 2; half++)
        {
            Assert.InRange(seen.Count(c => c.At - started >= TimeSpan.FromSeconds(5 * half) && c.At - started < TimeSpan.FromSeconds(5 * (half + 1))), 14, 26);
        }

        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == Count);
        Assert.All(proxy.Telemetry.Closed, c =>
        {
            Assert.Equal((RelayOutcome.PodTerminating, RelaySide.Backend), (c.Report.Outcome, c.Report.Side));
            Assert.Equal(new CloseStatus(1001, "pod-terminating"), c.Report.CloseToBackend);
        });
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [InlineData(10, 4.5)]
    [InlineData(3, 0.5)]
    [InlineData(600, 20.5)]
    [InlineData(null, 20.5)]
    public async Task Sockets_end_within_what_is_left_of_the_pods_grace_period(int? secondsLeft, double most)
    {
        var asked = new List<(string, string, string)>();
        Task<DateTimeOffset?> Deadline(string ns, string name, string uid, CancellationToken cancellation)
        {
            asked.Add((ns, name, uid));
            return Task.FromResult(secondsLeft is { } seconds ? _time.GetUtcNow().AddSeconds(seconds) : (DateTimeOffset?)null);
        }

        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { PodDeadline = Deadline }, time: _time);
        var closes = await OpenAsync(proxy, WsVia.Http1, 30);
        var started = _time.GetUtcNow();

        Terminate(proxy, pod, DrainPolicy.Default);
        await AdvanceUntilAsync(() => closes.All(c => c.IsCompleted));

        var last = (await Task.WhenAll(closes)).Max(c => c.At) - started;
        Assert.InRange(last.TotalSeconds, (most * 0.6) - 0.5, most);
        Assert.Equal([("default", "pod-a", "uid-pod-a")], asked);
    }

    [Fact]
    public async Task Who_does_not_answer_when_a_pod_will_be_killed_holds_its_drain_up_for_two_seconds()
    {
        var never = new TaskCompletionSource<DateTimeOffset?>();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { PodDeadline = (_, _, _, _) => never.Task }, time: _time);
        var closes = await OpenAsync(proxy, WsVia.Http1, 10);
        var started = _time.GetUtcNow();

        Terminate(proxy, pod, DrainPolicy.Default);
        await AdvanceUntilAsync(() => closes.All(c => c.IsCompleted));

        Assert.InRange(((await Task.WhenAll(closes)).Min(c => c.At) - started).TotalSeconds, 1.9, 7);
    }

    [Fact]
    public async Task A_terminating_pod_gets_no_new_socket_and_the_others_keep_theirs()
    {
        await using var pod = await TestPod.StartAsync("going");
        await using var other = await TestPod.StartAsync("staying");
        await using var proxy = await TestProxy.StartAsync(time: _time);
        proxy.Publish([other.Endpoint]);
        await using var stays = await RawHandshake.OpenAsync(proxy);

        proxy.Publish([pod.Endpoint with { Terminating = true }, other.Endpoint]);
        for (var i = 0; i < 20; i++)
        {
            await using var socket = await RawHandshake.OpenAsync(proxy);
            Assert.Equal("staying", socket.Headers.Joined("X-Pod-Name"));
        }

        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await AssertEchoesAsync(stays);
    }

    [Fact]
    public async Task Immediate_ends_all_at_once_with_the_code_that_was_asked_for()
    {
        var policy = new DrainPolicy { Mode = DrainMode.Immediate, CloseCode = 4001 };
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: Drain(policy), time: _time);
        var closes = await OpenAsync(proxy, WsVia.Http1, 5);

        Terminate(proxy, pod, policy);

        Assert.All(await Task.WhenAll(closes).WaitAsync(TimeSpan.FromSeconds(10)), c => Assert.Equal((4001, "pod-terminating"), (c.Frame?.CloseCode, c.Frame?.CloseReason)));
    }

    [Fact]
    public async Task Wait_leaves_the_sockets_to_the_pod()
    {
        var policy = new DrainPolicy { Mode = DrainMode.Wait };
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, backend: Drain(policy), time: _time);
        await using var socket = await RawHandshake.OpenAsync(proxy);

        Terminate(proxy, pod, policy);
        await AdvanceAsync(TimeSpan.FromMinutes(2));
        proxy.Publish([], backend: Drain(policy));
        await AdvanceAsync(TimeSpan.FromMinutes(2));

        await AssertEchoesAsync(socket);
    }

    [Fact]
    public async Task A_pod_that_vanishes_without_notice_has_half_a_minute_to_come_back()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, time: _time);
        await using var socket = await RawHandshake.OpenAsync(proxy);

        proxy.Publish([]);
        await AdvanceAsync(TimeSpan.FromSeconds(29));
        proxy.Publish([pod.Endpoint]);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await AssertEchoesAsync(socket);

        proxy.Publish([]);
        var close = EchoCloseAsync(socket);
        await AdvanceUntilAsync(() => close.IsCompleted);
        Assert.Equal((1012, "pod-removed"), ((await close).Frame?.CloseCode, (await close).Frame?.CloseReason));
        Assert.Equal(RelayOutcome.PodRemoved, (await proxy.Telemetry.OneReportAsync()).Outcome);
    }

    [Fact]
    public async Task A_pod_that_comes_back_on_the_same_address_is_another_pod()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, time: _time);
        var old = await OpenAsync(proxy, WsVia.Http1, 3);

        proxy.Publish([pod.Endpoint with { PodUid = "uid-of-another" }]);
        await using var young = await RawHandshake.OpenAsync(proxy);
        await AdvanceUntilAsync(() => old.All(c => c.IsCompleted));

        Assert.All(await Task.WhenAll(old), c => Assert.Equal("pod-removed", c.Frame?.CloseReason));
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await AssertEchoesAsync(young);
    }

    [Fact]
    public async Task A_pod_that_is_no_longer_going_keeps_what_is_still_open()
    {
        await using var pod = await TestPod.StartAsync();
        var policy = new DrainPolicy { Window = TimeSpan.FromHours(1) };
        await using var proxy = await TestProxy.ToAsync(pod, backend: Drain(policy), time: _time);
        var closes = await OpenAsync(proxy, WsVia.Http1, 20);
        Terminate(proxy, pod, policy);
        await AdvanceUntilAsync(() => closes.Any(c => c.IsCompleted), TimeSpan.FromSeconds(10));

        proxy.Publish([pod.Endpoint], backend: Drain(policy));
        await Settled.TrueAsync(() => proxy.Plane.Sockets.Count < 20, () => "none has ended");
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        var left = proxy.Plane.Sockets.Count;
        await AdvanceAsync(TimeSpan.FromMinutes(40), TimeSpan.FromSeconds(10));

        Assert.InRange(left, 1, 19);
        Assert.Equal(left, proxy.Plane.Sockets.Count);
    }

    [Fact]
    public async Task A_handshake_that_was_under_way_when_its_pod_began_to_go_ends_as_the_others()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using var pod = RawPod.Start(async c =>
        {
            asked.SetResult();
            await answer.Task;
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.StartAsync(time: _time);
        proxy.Publish([pod.Endpoint]);
        var opening = RawHandshake.OpenAsync(proxy);
        await asked.Task;
        proxy.Publish([pod.Endpoint with { Terminating = true }]);
        answer.SetResult();

        var socket = await opening;
        Assert.Equal(101, socket.Status);
        var close = EchoCloseAsync(socket);
        await AdvanceUntilAsync(() => close.IsCompleted);
        Assert.Equal((1012, "pod-terminating"), ((await close).Frame?.CloseCode, (await close).Frame?.CloseReason));
    }

    private static BackendPolicy Drain(DrainPolicy policy) => new() { Drain = policy };

    private static void Terminate(TestProxy proxy, TestPod pod, DrainPolicy policy) =>
        proxy.Publish([pod.Endpoint with { Ready = false, Terminating = true }], backend: Drain(policy));

    private async Task<List<Task<(Frame? Frame, DateTimeOffset At)>>> OpenAsync(TestProxy proxy, WsVia via, int count)
    {
        var closes = new List<Task<(Frame? Frame, DateTimeOffset At)>>();
        for (var i = 0; i < count; i++)
        {
            closes.Add(EchoCloseAsync(await RawHandshake.OpenAsync(proxy, via)));
        }

        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == count);
        return closes;
    }

    private async Task<(Frame? Frame, DateTimeOffset At)> EchoCloseAsync(RawHandshake client)
    {
        await using (client)
        {
            var frame = await Frame.ReadAsync(client.Stream);
            var at = _time.GetUtcNow();
            await client.WriteAsync(Frame.Bytes(8, frame?.Payload ?? [], masked: true));
            await Frame.ReadAsync(client.Stream);
            return (frame, at);
        }
    }

    private static async Task AssertEchoesAsync(RawHandshake socket)
    {
        await socket.WriteAsync(Frame.OfText("still here", masked: true));
        Assert.Equal("still here", (await socket.ReadFrameAsync())?.Text);
    }

    private Task AdvanceAsync(TimeSpan span, TimeSpan? step = null)
    {
        var end = _time.GetUtcNow() + span;
        return AdvanceUntilAsync(() => _time.GetUtcNow() >= end, step);
    }

    /// <summary>Real milliseconds for each step of the proxy's clock: what a moment causes happens before the next.</summary>
    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        for (var tick = 0; !condition(); tick++)
        {
            Assert.True(tick < 2000, "it never came");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            _time.Advance(step ?? Step);
        }
    }
}
