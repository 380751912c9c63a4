using System.Net;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Limits of open sockets: what is full is refused, and whatever ends gives its place back.</summary>
public sealed class SocketLimitTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_full_Ingress_answers_503_until_a_socket_ends(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Limits(all: 2));
        var first = await RawHandshake.OpenAsync(proxy, via);
        await using var second = await RawHandshake.OpenAsync(proxy, via);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 2);

        await using var third = await RawHandshake.OpenAsync(proxy, via);
        Assert.Equal(503, third.Status);
        Assert.Contains(third.Headers.Joined("Retry-After"), RetryDelayTests.Quiet);
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.IngressFull));

        await first.WriteAsync(Frame.OfClose(1000, "", masked: true));
        await first.DisposeAsync();
        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == 1);
        await using var fourth = await RawHandshake.OpenAsync(proxy, via);
        Assert.True(fourth.IsOpen);
    }

    [Fact]
    public async Task A_client_is_an_IPv4_address_or_an_IPv6_network_of_64_bits()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Limits(client: 1), configure: o => o with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        var open = new List<RawHandshake>();
        async Task<int> Open(string client)
        {
            var socket = await RawHandshake.OpenAsync(proxy, headers: ("X-Forwarded-For", client));
            open.Add(socket);
            return socket.Status;
        }

        Assert.Equal(101, await Open("192.0.2.1"));
        Assert.Equal(101, await Open("192.0.2.2"));
        Assert.Equal(503, await Open("192.0.2.1"));
        Assert.Equal(101, await Open("2001:db8:0:1::1"));
        Assert.Equal(503, await Open("2001:db8:0:1:ffff::2"));
        Assert.Equal(101, await Open("2001:db8:0:2::1"));
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Count(h => h.Refusal == HandshakeRefusal.ClientFull) == 2);
        foreach (var socket in open)
        {
            await socket.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.ConsistentHash)]
    public async Task A_full_pod_is_passed_over_and_when_all_are_full_the_client_is_told(LoadBalancing balancing)
    {
        await using var one = await TestPod.StartAsync("one");
        await using var two = await TestPod.StartAsync("two");
        await using var proxy = await TestProxy.StartAsync();
        var backend = new BackendPolicy { MaxConnectionsPerPod = 3, LoadBalancing = balancing };
        proxy.Publish([one.Endpoint, two.Endpoint], backend: backend);
        var open = new List<RawHandshake>();
        for (var i = 0; i < 7; i++)
        {
            open.Add(await RawHandshake.OpenAsync(proxy));
        }

        Assert.Equal(3, open.Count(s => s.Headers.Joined("X-Pod-Name") == "one"));
        Assert.Equal(3, open.Count(s => s.Headers.Joined("X-Pod-Name") == "two"));
        Assert.Equal(503, open[6].Status);
        Assert.Contains(open[6].Headers.Joined("Retry-After"), RetryDelayTests.Quiet);
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.PodsFull));

        // Plain requests are not sockets.
        using var plain = await proxy.GetAsync();
        Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        foreach (var socket in open)
        {
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task Handshakes_at_the_same_moment_do_not_slip_past_a_limit()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Limits(all: 10), new BackendPolicy { MaxConnectionsPerPod = 15 });
        var sockets = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => RawHandshake.OpenAsync(proxy)));

        Assert.Equal(10, sockets.Count(s => s.Status == 101));
        Assert.Equal(50, sockets.Count(s => s.Status == 503));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_hundred_at_once_fill_three_pods_of_ten_exactly()
    {
        await using var one = await TestPod.StartAsync("one");
        await using var two = await TestPod.StartAsync("two");
        await using var three = await TestPod.StartAsync("three");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([one.Endpoint, two.Endpoint, three.Endpoint], backend: new BackendPolicy { MaxConnectionsPerPod = 10 });
        var sockets = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RawHandshake.OpenAsync(proxy)));

        Assert.Equal([10, 10, 10], new[] { "one", "two", "three" }.Select(pod => sockets.Count(s => s.IsOpen && s.Headers.Joined("X-Pod-Name") == pod)));
        Assert.Equal(70, sockets.Count(s => s.Status == 503));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_handshake_that_fails_in_any_way_gives_its_place_back()
    {
        var answer = new TaskCompletionSource();
        await using var refuses = RawPod.Start(c => c.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        await using var talksRubbish = RawPod.Start(c => c.SendAsync("SSH-2.0-OpenSSH\r\n\r\n"));
        await using var hangs = RawPod.Start(_ => answer.Task);
        await using var good = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync();
        var (policy, quick) = (Limits(all: 1, client: 1), Limits(all: 1, client: 1, timeout: TimeSpan.FromMilliseconds(200)));
        var backend = new BackendPolicy { MaxConnectionsPerPod = 1 };
        foreach (var (endpoint, limits, status) in new[] { (refuses.Endpoint, policy, 403), (talksRubbish.Endpoint, policy, 502), (hangs.Endpoint, quick, 504), (Dead(), policy, 502) })
        {
            proxy.Publish([endpoint], limits, backend);
            await using var failed = await RawHandshake.OpenAsync(proxy);
            Assert.Equal(status, failed.Status);

            // The pod's own answer reaches the client a moment before its connection is given back.
            await Settled.NothingIsHeldAsync(proxy);
        }

        proxy.Publish([hangs.Endpoint with { PodUid = "another" }], policy, backend);
        var leaves = await RawHandshake.ConnectAsync(proxy);
        await leaves.WriteAsync($"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawHandshake.Key}\r\n\r\n");
        await Settled.TrueAsync(() => Settled.Load(proxy) == 1, () => "the handshake is not under way");
        leaves.Reset();
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.ClientGone));

        proxy.Publish([good.Endpoint], policy, backend);
        for (var i = 0; i < 3; i++)
        {
            await using var socket = await RawHandshake.OpenAsync(proxy);
            Assert.Equal(101, socket.Status);

            // It may be gone before its relay has begun, which is an end like any other.
            socket.Reset();
            await Settled.NothingIsHeldAsync(proxy);
        }

        answer.SetResult();
    }

    [Fact]
    public async Task The_counts_survive_every_change_of_the_table()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Limits(all: 1));
        var socket = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);

        proxy.Publish([pod.Endpoint], Limits(all: 1, client: 5));
        await using (var refused = await RawHandshake.OpenAsync(proxy))
        {
            Assert.Equal(503, refused.Status);
        }

        socket.Reset();
        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == 1);
        await using var next = await RawHandshake.OpenAsync(proxy);
        Assert.Equal(101, next.Status);
    }

    private static RoutePolicy Limits(int all = 0, int client = 0, TimeSpan? timeout = null)
    {
        var policy = new WebSocketPolicy { MaxConnections = all, MaxConnectionsPerClient = client };
        return new() { WebSocket = timeout is { } wait ? policy with { HandshakeTimeout = wait } : policy };
    }

    private static Endpoint Dead() => new() { Address = "127.0.0.1", Port = 9, PodUid = "uid-dead" };
}
