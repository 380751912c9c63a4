using WsIngress.Relay;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>New tables reach new requests and touch no open socket.</summary>
public sealed class TableSwapTests
{
    [Fact]
    public async Task Two_hundred_tables_under_load_fail_no_request_and_drop_no_socket()
    {
        await using var pod = await TestPod.StartAsync("a");
        await using var extra = await TestPod.StartAsync("b");
        await using var proxy = await TestProxy.ToAsync(pod);
        using var certificates = new TestCertificates();
        var sockets = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => RawHandshake.OpenAsync(proxy, (WsVia)(i % 3))));
        using var client = TestProxy.Client();
        var done = false;
        var loads = Enumerable.Range(0, 4).Select(_ => RequestAsync()).Append(HandshakeAsync()).Append(TalkAsync()).ToArray();

        for (var i = 0; i < 200; i++)
        {
            var policy = new RoutePolicy { MaxBodySize = 1000 + i, SslRedirect = false, WebSocket = new() { MaxAge = TimeSpan.FromHours(1 + i) } };
            proxy.Publish(i % 3 == 0 ? [pod.Endpoint] : [pod.Endpoint, extra.Endpoint], policy, null, certificates.Bind("shop.example").Binding);
            await Task.Yield();
        }

        done = true;
        var counts = await Task.WhenAll(loads);

        Assert.All(counts, c => Assert.True(c > 0));

        // A socket that its client closed lingers a moment until its pod is gone as well.
        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == counts[4]);
        Assert.Equal(200 + 1, proxy.Plane.Tables.Current.Table.Revision);
        Assert.DoesNotContain(proxy.Telemetry.Closed, c => c.Report.Outcome != RelayOutcome.ClientClosed);
        Assert.Equal(30, proxy.Plane.Sockets.Count);
        foreach (var socket in sockets)
        {
            await socket.WriteAsync(Frame.OfText("still", masked: true));
            Assert.Equal("still", (await socket.ReadFrameAsync())?.Text);
            await socket.DisposeAsync();
        }

        async Task<int> RequestAsync()
        {
            var count = 0;
            while (!done)
            {
                using var answer = await client.GetAsync(proxy.Http());
                Assert.Equal(200, (int)answer.StatusCode);
                count++;
            }

            return count;
        }

        async Task<int> HandshakeAsync()
        {
            var count = 0;
            while (!done)
            {
                await using var socket = await RawHandshake.OpenAsync(proxy);
                Assert.Equal(101, socket.Status);
                await socket.WriteAsync(Frame.OfClose(1000, "", masked: true));
                Assert.Equal(1000, (await socket.ReadFrameAsync())?.CloseCode);
                count++;
            }

            return count;
        }

        async Task<int> TalkAsync()
        {
            var count = 0;
            while (!done)
            {
                var socket = sockets[count++ % sockets.Length];
                await socket.WriteAsync(Frame.OfText("hi", masked: true));
                Assert.Equal("hi", (await socket.ReadFrameAsync())?.Text);
            }

            return count;
        }
    }

    [Fact]
    public async Task A_socket_keeps_the_policy_that_it_was_opened_under()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, new RoutePolicy { WebSocket = new() { MaxAge = TimeSpan.FromHours(1) } });
        await using var old = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);
        proxy.Publish([pod.Endpoint], new RoutePolicy { WebSocket = new() { MaxAge = TimeSpan.FromHours(2) } });
        await using var young = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 2);

        Assert.Equal([1, 2], proxy.Plane.Sockets.Select(s => s.Options.MaxAge.TotalHours).Order());
    }

    [Fact]
    public async Task State_of_pods_that_are_gone_and_idle_is_forgotten_and_that_of_busy_ones_kept()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        var state = proxy.Plane.Tables.Backends.Single().Endpoints.Single().State;
        await using (await RawHandshake.OpenAsync(proxy))
        {
            await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);
            proxy.Publish([]);
            proxy.Publish([pod.Endpoint]);
            Assert.Same(state, proxy.Plane.Tables.Backends.Single().Endpoints.Single().State);
        }

        await Settled.NothingIsHeldAsync(proxy);
        proxy.Publish([]);
        proxy.Publish([pod.Endpoint]);
        Assert.NotSame(state, proxy.Plane.Tables.Backends.Single().Endpoints.Single().State);
    }

    [Fact]
    public async Task A_pod_that_comes_back_on_the_same_address_is_another_pod()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var open = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);

        proxy.Publish([pod.Endpoint with { PodUid = "uid-new" }]);

        Assert.Equal(0, proxy.Plane.Tables.Backends.Single().Endpoints.Single().State.Load);
        await open.WriteAsync(Frame.OfText("on", masked: true));
        Assert.Equal("on", (await open.ReadFrameAsync())?.Text);
    }
}
