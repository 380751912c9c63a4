using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Draining;
using WsIngress.Proxy.Live;
using WsIngress.Relay;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What the sockets of a route see when it is gone, by the clock of the proxy.</summary>
public sealed class RouteDrainTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task Where_it_was_asked_for_they_end_evenly_with_a_reason(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: _time);
        Publish(proxy, pod, RouteRemoval.Drain, "a.example", "b.example");
        var gone = new List<Task<Frame?>>();
        for (var i = 0; i < 10; i++)
        {
            gone.Add(EchoCloseAsync(await RawHandshake.OpenAsync(proxy, via, host: i % 2 == 0 ? "a.example" : "A.Example:443")));
        }

        await using var stays = await RawHandshake.OpenAsync(proxy, via, host: "b.example");
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 11);
        var started = _time.GetUtcNow();

        Publish(proxy, pod, RouteRemoval.Drain, "b.example");
        await AdvanceUntilAsync(() => gone.All(c => c.IsCompleted));

        Assert.All(await Task.WhenAll(gone), f => Assert.Equal((1001, "route-removed"), (f?.CloseCode, f?.CloseReason)));
        Assert.InRange((_time.GetUtcNow() - started).TotalSeconds, 25, 45);
        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == 10);
        Assert.All(proxy.Telemetry.Closed, c => Assert.Equal(RelayOutcome.RouteRemoved, c.Report.Outcome));
        await AssertEchoesAsync(stays);
    }

    [Fact]
    public async Task By_default_they_live_on()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: _time);
        Publish(proxy, pod, RoutePolicy.Default.WebSocket.OnRouteRemoved, "a.example");
        await using var socket = await RawHandshake.OpenAsync(proxy, host: "a.example");

        Publish(proxy, pod, RouteRemoval.Keep);
        await AdvanceAsync(TimeSpan.FromMinutes(5));

        await AssertEchoesAsync(socket);
        await using var refused = await RawHandshake.OpenAsync(proxy, host: "a.example");
        Assert.Equal(404, refused.Status);
    }

    [Fact]
    public async Task An_Ingress_that_is_deleted_and_made_anew_costs_nobody_a_socket_and_close_ends_them_after_the_grace()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: _time);
        Publish(proxy, pod, RouteRemoval.Close, "a.example");
        await using var socket = await RawHandshake.OpenAsync(proxy, host: "a.example");

        Publish(proxy, pod, RouteRemoval.Close);
        await AdvanceAsync(TimeSpan.FromSeconds(8));
        Publish(proxy, pod, RouteRemoval.Close, "a.example");
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await AssertEchoesAsync(socket);

        var removed = _time.GetUtcNow();
        Publish(proxy, pod, RouteRemoval.Close);
        var close = EchoCloseAsync(socket);
        await AdvanceUntilAsync(() => close.IsCompleted);
        Assert.Equal((1001, "route-removed"), ((await close)?.CloseCode, (await close)?.CloseReason));
        Assert.InRange((_time.GetUtcNow() - removed).TotalSeconds, 9.9, 21);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Http2)]
    public async Task A_route_that_goes_while_its_pod_answers_ends_the_socket_too(WsVia via)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pod = RawPod.Start(async c =>
        {
            asked.SetResult();
            await answer.Task;
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.StartAsync(time: _time);
        Publish(proxy, pod.Endpoint, RouteRemoval.Close, "a.example");
        var opening = RawHandshake.OpenAsync(proxy, via, host: "a.example");
        await asked.Task;
        Publish(proxy, pod.Endpoint, RouteRemoval.Close);
        answer.SetResult();

        var close = EchoCloseAsync(await opening);
        await AdvanceUntilAsync(() => close.IsCompleted);
        Assert.Equal((1001, "route-removed"), ((await close)?.CloseCode, (await close)?.CloseReason));
    }

    /// <summary>Equal tables are not published: what is missed now is missed for as long as nobody edits anything.</summary>
    [Fact]
    public async Task A_table_that_comes_while_the_sockets_are_walked_is_looked_at_too()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(time: new FakeTimeProvider());
        Publish(proxy, pod, RouteRemoval.Close, "a.example");
        await using var socket = await RawHandshake.OpenAsync(proxy, host: "a.example");
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);
        var before = proxy.Plane.Tables.Current;
        Publish(proxy, pod, RouteRemoval.Close);
        var (walks, drains) = (0, (RouteDrains?)null);
        LiveTable Table()
        {
            if (++walks > 1)
            {
                return proxy.Plane.Tables.Current;
            }

            drains!.Published();
            return before;
        }

        using (drains = new RouteDrains(proxy.Plane.Sockets, Table, _time, Random.Shared, NullLogger.Instance))
        {
            drains.Published();
            await AdvanceUntilAsync(() => proxy.Plane.Sockets.All(session => session.Outcome == RelayOutcome.RouteRemoved));
        }
    }

    private static void Publish(TestProxy proxy, TestPod pod, RouteRemoval removal, params string[] hosts) => Publish(proxy, pod.Endpoint, removal, hosts);

    private static void Publish(TestProxy proxy, Endpoint pod, RouteRemoval removal, params string[] hosts)
    {
        var route = new Route
        {
            Owner = new RouteOwner("default", "web"),
            Path = new PathMatch(PathMatchKind.Prefix, "/"),
            Backends = [new WeightedBackend("default/echo:80", 1, BackendPolicy.Default)],
            Policy = new RoutePolicy { WebSocket = new WebSocketPolicy { OnRouteRemoved = removal } },
        };

        // As the translation has it: a backend that no route names is not in the table.
        proxy.Publish(new RoutingTable(
            [.. hosts.Select(host => new VirtualHost { Host = host, Routes = [route] })], hosts.Length > 0 ? [TestProxy.Backend("echo", pod)] : [], []));
    }

    private static async Task<Frame?> EchoCloseAsync(RawHandshake client)
    {
        await using (client)
        {
            var frame = await Frame.ReadAsync(client.Stream);
            await client.WriteAsync(Frame.Bytes(8, frame?.Payload ?? [], masked: true));
            await Frame.ReadAsync(client.Stream);
            return frame;
        }
    }

    private static async Task AssertEchoesAsync(RawHandshake socket)
    {
        await socket.WriteAsync(Frame.OfText("still here", masked: true));
        Assert.Equal("still here", (await socket.ReadFrameAsync())?.Text);
    }

    private Task AdvanceAsync(TimeSpan span)
    {
        var end = _time.GetUtcNow() + span;
        return AdvanceUntilAsync(() => _time.GetUtcNow() >= end);
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        for (var tick = 0; !condition(); tick++)
        {
            Assert.True(tick < 4000, "it never came");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }
}
