using System.Net;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Limits of open sockets by header, cookie and query, and by namespace; and that everything that was taken is given back.</summary>
public sealed class KeyedLimitTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_key_that_is_full_is_refused_until_a_socket_of_it_ends_and_other_keys_are_not(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, PerKey(new(HashSource.Header, "X-User"), 2));
        var first = await RawHandshake.OpenAsync(proxy, via, headers: ("X-User", "alice"));
        await using var second = await RawHandshake.OpenAsync(proxy, via, headers: ("X-User", "alice"));
        await using (var third = await RawHandshake.OpenAsync(proxy, via, headers: ("X-User", "alice")))
        {
            Assert.Equal(503, third.Status);
            Assert.Contains(third.Headers.Joined("Retry-After"), RetryDelayTests.Quiet);
        }

        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.KeyFull));
        await using var other = await RawHandshake.OpenAsync(proxy, via, headers: ("X-User", "bob"));
        Assert.True(other.IsOpen);

        await first.WriteAsync(Frame.OfClose(1000, "", masked: true));
        await first.DisposeAsync();
        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == 1);
        await using var next = await RawHandshake.OpenAsync(proxy, via, headers: ("X-User", "alice"));
        Assert.True(next.IsOpen);
    }

    [Fact]
    public async Task A_cookie_and_a_query_are_keys_and_a_long_one_is_one_too()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, PerKey(new(HashSource.Cookie, "sid"), 1));
        var open = new List<RawHandshake>();
        var (one, two) = (new string('x', 8000) + "1", new string('x', 8000) + "2");
        foreach (var sid in new[] { one, two, one, two })
        {
            open.Add(await RawHandshake.OpenAsync(proxy, headers: ("Cookie", $"theme=dark; sid={sid}")));
        }

        Assert.Equal([101, 101, 503, 503], open.Select(s => s.Status));
        proxy.Publish([pod.Endpoint], PerKey(new(HashSource.Query, "user"), 1));
        foreach (var path in new[] { "/?user=a", "/?user=b&x=1", "/x?user=a" })
        {
            open.Add(await RawHandshake.OpenAsync(proxy, path: path));
        }

        Assert.Equal([101, 101, 503], open[4..].Select(s => s.Status));
        await EndAsync(open);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task Without_its_key_a_socket_counts_for_the_address_of_its_client()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, PerKey(new(HashSource.Header, "X-User"), 1), configure: o => o with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        var open = new List<RawHandshake>();
        foreach (var headers in new (string, string)[][] { [From(1)], [From(2)], [From(1)], [From(1), ("X-User", "")], [From(1), ("X-User", "alice")], [From(2), ("X-User", "alice")] })
        {
            open.Add(await RawHandshake.OpenAsync(proxy, headers: headers));
        }

        Assert.Equal([101, 101, 503, 503, 101, 503], open.Select(s => s.Status));
        await EndAsync(open);

        static (string, string) From(int client) => ("X-Forwarded-For", $"192.0.2.{client}");
    }

    [Fact]
    public async Task One_namespace_that_is_full_leaves_the_others_their_sockets()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(o => o with { MaxConnectionsPerNamespace = 2 });
        Route Of(string ns, string name, string path) => new()
        {
            Owner = new(ns, name),
            Path = new(PathMatchKind.Prefix, path),
            Backends = [new("default/echo:80", 1, BackendPolicy.Default)],
        };
        var routes = new[] { Of("red", "one", "/red1"), Of("red", "two", "/red2"), Of("blue", "one", "/blue") };
        proxy.Publish(new RoutingTable([new VirtualHost { Host = "", Routes = [.. routes] }], [TestProxy.Backend("echo", pod.Endpoint)], []));
        var open = new List<RawHandshake>();
        foreach (var path in new[] { "/red1", "/red2", "/red1", "/red2", "/blue" })
        {
            open.Add(await RawHandshake.OpenAsync(proxy, path: path));
        }

        Assert.Equal([101, 101, 503, 503, 101], open.Select(s => s.Status));
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Count(h => h.Refusal == HandshakeRefusal.NamespaceFull) == 2);
        await open[1].DisposeAsync();
        await proxy.Telemetry.WaitAsync(t => t.Closed.Count == 1);
        await using var next = await RawHandshake.OpenAsync(proxy, path: "/red1");
        Assert.Equal(101, next.Status);
        await EndAsync(open);
    }

    [Fact]
    public async Task Handshakes_at_the_same_moment_do_not_slip_past_a_key()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, PerKey(new(HashSource.Header, "X-User"), 7), configure: o => o with { MaxConnectionsPerNamespace = 50 });
        var sockets = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => RawHandshake.OpenAsync(proxy, headers: ("X-User", $"user-{i % 2}"))));

        Assert.Equal(14, sockets.Count(s => s.Status == 101));
        Assert.Equal(46, sockets.Count(s => s.Status == 503));
        await EndAsync(sockets);
    }

    [Theory]
    [InlineData("refuses", 403)]
    [InlineData("talks rubbish", 502)]
    [InlineData("hangs", 504)]
    [InlineData("dead", 502)]
    [InlineData("none", 503)]
    [InlineData("full", 503)]
    [InlineData("too fast", 503)]
    public async Task A_handshake_that_fails_gives_back_its_key_and_its_namespace(string pod, int status)
    {
        var answer = new TaskCompletionSource();
        await using var refuses = RawPod.Start(c => c.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        await using var talksRubbish = RawPod.Start(c => c.SendAsync("SSH-2.0-OpenSSH\r\n\r\n"));
        await using var hangs = RawPod.Start(_ => answer.Task);
        await using var good = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(o => o with { MaxConnectionsPerNamespace = 2 });
        var policy = PerKey(new(HashSource.Header, "X-User"), 1);
        var quick = policy with { WebSocket = policy.WebSocket with { HandshakeTimeout = TimeSpan.FromMilliseconds(200) } };
        Endpoint[] endpoints = pod switch
        {
            "refuses" => [refuses.Endpoint],
            "talks rubbish" => [talksRubbish.Endpoint],
            "hangs" => [hangs.Endpoint],
            "dead" => [new() { Address = "127.0.0.1", Port = 9, PodUid = "uid-dead" }],
            "none" => [],
            _ => [good.Endpoint],
        };
        RawHandshake? holder = null;
        var backend = pod switch
        {
            "full" => new BackendPolicy { MaxConnectionsPerPod = 1 },
            "too fast" => new BackendPolicy { Pace = new() { Rate = 1e-6, Burst = 1 } },
            _ => BackendPolicy.Default,
        };
        proxy.Publish(endpoints, pod == "hangs" ? quick : policy, backend);
        if (pod is "full" or "too fast")
        {
            holder = await RawHandshake.OpenAsync(proxy, headers: ("X-User", "holder"));
            Assert.Equal(101, holder.Status);
        }

        for (var i = 0; i < 3; i++)
        {
            await using var failed = await RawHandshake.OpenAsync(proxy, headers: ("X-User", "alice"));
            Assert.Equal(status, failed.Status);
            await proxy.Telemetry.WaitAsync(t => t.Handshakes.Count(h => h.Refusal != HandshakeRefusal.None) == i + 1);
            await Settled.TrueAsync(() => Settled.Load(proxy) == (holder is null ? 0 : 1), () => $"load {Settled.Load(proxy)}");
        }

        Assert.DoesNotContain(proxy.Telemetry.Handshakes, h => h.Refusal is HandshakeRefusal.KeyFull or HandshakeRefusal.NamespaceFull);
        proxy.Publish([good.Endpoint], policy);
        await using (var socket = await RawHandshake.OpenAsync(proxy, headers: ("X-User", "alice")))
        {
            Assert.Equal(101, socket.Status);
        }

        answer.SetResult();
        if (holder is not null)
        {
            await holder.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_client_that_leaves_gives_back_its_key()
    {
        var answer = new TaskCompletionSource();
        await using var hangs = RawPod.Start(_ => answer.Task);
        await using var good = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync(o => o with { MaxConnectionsPerNamespace = 1 });
        var policy = PerKey(new(HashSource.Header, "X-User"), 1);
        proxy.Publish([hangs.Endpoint], policy);
        var leaves = await RawHandshake.ConnectAsync(proxy);
        await leaves.WriteAsync($"GET / HTTP/1.1\r\nHost: localhost\r\nX-User: alice\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawHandshake.Key}\r\n\r\n");
        await Settled.TrueAsync(() => Settled.Load(proxy) == 1, () => "the handshake is not under way");
        leaves.Reset();
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.ClientGone));

        proxy.Publish([good.Endpoint], policy);
        for (var i = 0; i < 3; i++)
        {
            await using var socket = await RawHandshake.OpenAsync(proxy, headers: ("X-User", "alice"));
            Assert.Equal(101, socket.Status);

            // It may be gone before its relay has begun, which is an end like any other.
            socket.Reset();
            await Settled.NothingIsHeldAsync(proxy);
        }

        answer.SetResult();
    }

    private static RoutePolicy PerKey(HashKey key, int most) => new() { WebSocket = new() { ConnectionKey = key, MaxConnectionsPerKey = most } };

    private static async Task EndAsync(IEnumerable<RawHandshake> sockets)
    {
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }
}
