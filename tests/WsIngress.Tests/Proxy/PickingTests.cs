using WsIngress.ApiServer;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The choice of a pod through the whole proxy: dead pods, table swaps, affinity, weighted backends.</summary>
public sealed class PickingTests : IDisposable
{
    private readonly List<HeldPort> _dead = [];

    [Theory]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.RoundRobin)]
    [InlineData(LoadBalancing.ConsistentHash)]
    public async Task One_dead_pod_of_three_costs_no_request_and_no_handshake(LoadBalancing algorithm)
    {
        await using var first = await TestPod.StartAsync("a");
        await using var second = await TestPod.StartAsync("b");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([first.Endpoint, DeadPod(), second.Endpoint], backend: new BackendPolicy { LoadBalancing = algorithm, HashBy = new HashKey(HashSource.Query, "u") });
        using var client = TestProxy.Client();

        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, stop) =>
        {
            await using var socket = await RawHandshake.OpenAsync(proxy, path: $"/?u={i}");
            Assert.Equal(101, socket.Status);
            using var answer = i % 2 == 0
                ? await client.GetAsync(proxy.Http($"/?u={i}"), stop)
                : await client.PostAsync(proxy.Http($"/?u={i}"), new StringContent("body " + i), stop);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(i % 2 == 0 ? "" : "body " + i, await answer.Content.ReadAsStringAsync(stop));
        });

        await Settled.NothingIsHeldAsync(proxy);
        Assert.Contains(proxy.Telemetry.Handshakes, h => h.Tries == 2);
        Assert.All(proxy.Telemetry.Handshakes, h => Assert.Equal(HandshakeRefusal.None, h.Refusal));
    }

    [Fact]
    public async Task When_every_pod_refuses_the_connection_it_is_502_for_both()
    {
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([DeadPod("a"), DeadPod("b"), DeadPod("c")]);
        using var plain = await proxy.GetAsync();
        await using var socket = await RawHandshake.OpenAsync(proxy);

        Assert.Equal(502, (int)plain.StatusCode);
        Assert.Equal(502, socket.Status);
        Assert.Equal(await plain.Content.ReadAsStringAsync(), await socket.ReadBodyAsync());
        var facts = proxy.Telemetry.Handshakes.Single();
        Assert.Equal(HandshakeRefusal.ConnectFailed, facts.Refusal);
        Assert.Equal(3, facts.Tries);
        Assert.Contains("ConnectionRefused", facts.Detail, StringComparison.Ordinal);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task A_pod_that_dies_after_it_took_the_request_is_502_and_nobody_is_asked_again()
    {
        await using var dying = RawPod.Start(c => { c.Reset(); return Task.CompletedTask; }, name: "a");
        await using var other = RawPod.Start(c => { c.Reset(); return Task.CompletedTask; }, name: "b");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([dying.Endpoint, other.Endpoint]);
        using var client = TestProxy.Client();

        using var plain = await client.PostAsync(proxy.Http(), new StringContent("once"));
        Assert.Equal(502, (int)plain.StatusCode);
        Assert.Equal(1, dying.Heads.Count + other.Heads.Count);

        await using var socket = await RawHandshake.OpenAsync(proxy);
        Assert.Equal(502, socket.Status);
        Assert.Equal(2, dying.Heads.Count + other.Heads.Count);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task Counters_survive_a_hundred_table_swaps_and_the_returns_find_them()
    {
        await using var pod = await TestPod.StartAsync("a");
        await using var extra = await TestPod.StartAsync("b");
        await using var proxy = await TestProxy.ToAsync(pod);
        var sockets = new List<RawHandshake>();
        for (var i = 0; i < 10; i++)
        {
            sockets.Add(await RawHandshake.OpenAsync(proxy));
        }

        for (var i = 0; i < 100; i++)
        {
            Endpoint[] endpoints = (i % 4) switch { 0 => [extra.Endpoint], 1 => [pod.Endpoint, extra.Endpoint], 2 => [], _ => [pod.Endpoint] };
            proxy.Publish(endpoints, new RoutePolicy { MaxBodySize = i + 1 });
        }

        Assert.Equal(10, Settled.Load(proxy));

        // Least loaded: the next ten go to the pod that has none.
        proxy.Publish([pod.Endpoint, extra.Endpoint], backend: new BackendPolicy { LoadBalancing = LoadBalancing.LeastConnections });
        for (var i = 0; i < 10; i++)
        {
            sockets.Add(await RawHandshake.OpenAsync(proxy));
            Assert.Equal("b", sockets[^1].Headers.Get("X-Pod-Name"));
        }

        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }

        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task Weighted_backends_share_out_requests_and_handshakes()
    {
        await using var stable = await TestPod.StartAsync("stable");
        await using var canary = await TestPod.StartAsync("canary");
        await using var proxy = await TestProxy.StartAsync(random: new Random(3));
        var route = new Route
        {
            Owner = new RouteOwner("default", "web"),
            Path = new PathMatch(PathMatchKind.Prefix, "/"),
            Backends = [new("default/stable:80", 90, BackendPolicy.Default), new("default/canary:80", 10, BackendPolicy.Default)],
        };
        proxy.Publish(new RoutingTable(
            [new VirtualHost { Host = "", Routes = [route] }],
            [TestProxy.Backend("canary", canary.Endpoint), TestProxy.Backend("stable", stable.Endpoint)],
            []));
        using var client = TestProxy.Client();
        for (var i = 0; i < 200; i++)
        {
            using var answer = await client.GetAsync(proxy.Http());
        }

        Assert.InRange(proxy.Telemetry.Http.Count(h => h.Service == "canary"), 8, 34);
        Assert.Equal(200, proxy.Telemetry.Http.Count(h => h.Service is "canary" or "stable" && h.Pod == h.Service));
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task The_affinity_cookie_holds_a_client_to_its_pod_and_lets_go_when_the_pod_goes(WsVia via)
    {
        await using var first = await TestPod.StartAsync("a");
        await using var second = await TestPod.StartAsync("b");
        await using var proxy = await TestProxy.StartAsync();
        var backend = new BackendPolicy
        {
            LoadBalancing = LoadBalancing.RoundRobin,
            Affinity = new AffinityCookie { Name = "route", Path = "/chat", Domain = "shop.example", MaxAge = TimeSpan.FromHours(2), SameSite = "Lax" },
        };
        proxy.Publish([first.Endpoint, second.Endpoint], backend: backend);

        await using var new1 = await RawHandshake.OpenAsync(proxy, via);
        var cookie = new1.Headers.Get("Set-Cookie")!;
        var secure = via == WsVia.Http1 ? "" : "; Secure";
        Assert.Matches($"^route=[0-9a-f]{{32}}; Path=/chat; Domain=shop.example; Max-Age=7200{secure}; HttpOnly; SameSite=Lax$", cookie);
        var pod = new1.Headers.Get("X-Pod-Name");
        var value = cookie.Split(';')[0];
        for (var i = 0; i < 6; i++)
        {
            await using var again = await RawHandshake.OpenAsync(proxy, via, headers: ("Cookie", "x=1; " + value));
            Assert.Equal(pod, again.Headers.Get("X-Pod-Name"));
            Assert.Null(again.Headers.Get("Set-Cookie"));
            using var plain = await proxy.GetAsync(headers: h => h.Add("Cookie", value));
            Assert.Equal(pod, plain.Headers.GetValues("X-Pod-Name").Single());
            Assert.False(plain.Headers.Contains("Set-Cookie"));
        }

        proxy.Publish([pod == "a" ? second.Endpoint : first.Endpoint], backend: backend);
        await using var moved = await RawHandshake.OpenAsync(proxy, via, headers: ("Cookie", value));
        Assert.NotEqual(pod, moved.Headers.Get("X-Pod-Name"));
        Assert.StartsWith("route=", moved.Headers.Get("Set-Cookie"), StringComparison.Ordinal);
        Assert.DoesNotContain(value, moved.Headers.Get("Set-Cookie"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_bound_to_a_dead_pod_gets_the_cookie_of_the_pod_that_answered()
    {
        await using var alive = await TestPod.StartAsync("alive");
        var dead = DeadPod("dead");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([alive.Endpoint, dead], backend: new BackendPolicy { Affinity = new AffinityCookie() });
        var token = proxy.Plane.Tables.Backends.Single().Endpoints.Single(e => e.Endpoint.PodName == "dead").AffinityToken;
        var own = proxy.Plane.Tables.Backends.Single().Endpoints.Single(e => e.Endpoint.PodName == "alive").AffinityToken;

        await using var socket = await RawHandshake.OpenAsync(proxy, headers: ("Cookie", $"wsingress-affinity={token}"));
        using var plain = await proxy.GetAsync(headers: h => h.Add("Cookie", $"wsingress-affinity={token}"));

        Assert.Equal(101, socket.Status);
        Assert.StartsWith($"wsingress-affinity={own}; Path=/; HttpOnly", socket.Headers.Get("Set-Cookie"), StringComparison.Ordinal);
        Assert.StartsWith($"wsingress-affinity={own}; Path=/; HttpOnly", plain.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
    }

    public void Dispose() => _dead.ForEach(port => port.Dispose());

    /// <summary>A port on which nobody listens.</summary>
    private Endpoint DeadPod(string name = "dead")
    {
        var port = HeldPort.Take();
        _dead.Add(port);
        return new() { Address = "127.0.0.1", Port = port.Number, PodUid = "uid-" + name, PodName = name };
    }
}
