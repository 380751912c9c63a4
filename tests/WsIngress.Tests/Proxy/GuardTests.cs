using System.Net;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What a route's policy refuses is refused alike on every way in: none is a way around the other.</summary>
public sealed class GuardTests
{
    public static TheoryData<string, int, HandshakeRefusal> Guards => new()
    {
        { "closed", 503, HandshakeRefusal.Closed },
        { "denied", 403, HandshakeRefusal.AddressDenied },
        { "not allowed", 403, HandshakeRefusal.AddressDenied },
        { "closed and denied", 503, HandshakeRefusal.Closed },
        { "no endpoint", 503, HandshakeRefusal.NoEndpoint },
        { "no backend", 503, HandshakeRefusal.NoEndpoint },
        { "not ready", 503, HandshakeRefusal.NoEndpoint },
        { "terminating", 503, HandshakeRefusal.NoEndpoint },
        { "no route", 404, HandshakeRefusal.NoRoute },
    };

    [Theory]
    [MemberData(nameof(Guards))]
    public async Task A_guard_answers_the_same_to_http_and_to_websockets_on_both_versions(string guard, int status, HandshakeRefusal refusal)
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        Publish(proxy, guard, pod.Endpoint);

        var bodies = new List<string>();
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var client = TestProxy.Client();
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{proxy.HttpsPort}/x") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await client.SendAsync(request);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Contains(answer.Headers.TryGetValues("Retry-After", out var retry) ? retry.Single() : null, status == 503 ? RetryDelayTests.Quiet : [null]);
            bodies.Add(await answer.Content.ReadAsStringAsync());
        }

        using (var answer = await proxy.GetAsync("/x"))
        {
            Assert.Equal(status, (int)answer.StatusCode);
            bodies.Add(await answer.Content.ReadAsStringAsync());
        }

        foreach (var via in Enum.GetValues<WsVia>())
        {
            await using var client = await RawHandshake.OpenAsync(proxy, via, "/x");
            Assert.Equal(status, client.Status);
            Assert.Contains(client.Headers.Joined("Retry-After"), status == 503 ? RetryDelayTests.Quiet : [null]);
            bodies.Add(await client.ReadBodyAsync());
        }

        Assert.Single(bodies.Distinct());
        Assert.StartsWith($"{status} ", bodies[0], StringComparison.Ordinal);
        Assert.All(proxy.Telemetry.Handshakes, h => Assert.Equal(refusal, h.Refusal));
        Assert.Equal(3, proxy.Telemetry.Handshakes.Count);
        Assert.All(proxy.Telemetry.Http, h => Assert.Equal(status, h.Status));
        Assert.Empty(pod.Heads);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task A_redirect_to_tls_is_for_cleartext_alone()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, new RoutePolicy { SslRedirect = true });
        using var plain = await proxy.GetAsync("/a%2Fb?c=d", host: "shop.example:8080");
        await using var socket = await RawHandshake.OpenAsync(proxy, path: "/a%2Fb?c=d", host: "shop.example:8080");
        await using var h2c = await RawHttp2.ConnectAsync(proxy);

        Assert.Equal(308, (int)plain.StatusCode);
        Assert.Equal("https://shop.example/a%2Fb?c=d", plain.Headers.Location?.OriginalString);
        Assert.Equal(308, socket.Status);
        Assert.Equal("https://shop.example/a%2Fb?c=d", socket.Headers.Get("Location"));
        Assert.Equal(HandshakeRefusal.RedirectedToTls, proxy.Telemetry.Handshakes.Single().Refusal);
        Assert.Equal("308", await h2c.AskAsync((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("sec-websocket-version", "13")));
        foreach (var via in new[] { WsVia.Tls1, WsVia.Http2 })
        {
            await using var secure = await RawHandshake.OpenAsync(proxy, via);
            Assert.True(secure.IsOpen);
        }
    }

    [Fact]
    public async Task Websockets_switched_off_are_403_on_both_versions_while_plain_requests_pass()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, new RoutePolicy { WebSocket = new() { Enabled = false } });
        foreach (var via in Enum.GetValues<WsVia>())
        {
            await using var client = await RawHandshake.OpenAsync(proxy, via);
            Assert.Equal(403, client.Status);
        }

        using var plain = await proxy.GetAsync();
        Assert.Equal(200, (int)plain.StatusCode);
        Assert.All(proxy.Telemetry.Handshakes, h => Assert.Equal(HandshakeRefusal.WebSocketOff, h.Refusal));
    }

    [Theory]
    [InlineData(BackendProtocol.H2c)]
    [InlineData(BackendProtocol.Grpc)]
    public async Task A_backend_of_http2_alone_takes_no_websocket(BackendProtocol protocol)
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint], backend: new BackendPolicy { Protocol = protocol });
        foreach (var via in Enum.GetValues<WsVia>())
        {
            await using var client = await RawHandshake.OpenAsync(proxy, via);
            Assert.Equal(502, client.Status);
        }

        Assert.Empty(pod.Heads);
        await Settled.NothingIsHeldAsync(proxy);
    }

    /// <summary>Every spelling of /admin/x, and of a way to it, meets the closed route on all ways in.</summary>
    [Theory]
    [InlineData("/admin/x")]
    [InlineData("//admin/x")]
    [InlineData("/./admin/x")]
    [InlineData("/a/../admin/x")]
    [InlineData("/%61dmin/x")]
    [InlineData("/%2e/admin/x")]
    [InlineData("/a/%2e%2E/admin/x")]
    [InlineData("/admin%2Fx")]
    [InlineData("/%5cadmin/x")]
    [InlineData("/a%2f..%2fadmin/x")]
    [InlineData("/admin/x?y=/../../open")]
    [InlineData("/open/..;/admin/x")]
    [InlineData("/open/%00/../../admin/x")]
    [InlineData("/%zz/../admin/x")]
    [InlineData("/../admin/x")]
    [InlineData("/open/../../admin/x")]
    public async Task A_path_cannot_be_spelled_around_a_rule(string path)
    {
        await using var pod = RawPod.Start(c => c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish(new RoutingTable(
            [new VirtualHost { Host = "", Routes = [Route("/admin", new RoutePolicy { ClosedBecause = "test" }), Route("/", RoutePolicy.Default)] }],
            [TestProxy.Backend("echo", pod.Endpoint)],
            []));

        await using var plain = await RawHandshake.SendAsync(proxy, $"GET {path} HTTP/1.1\nHost: a");
        await using var socket = await RawHandshake.OpenAsync(proxy, path: path);
        await using var http2 = await RawHttp2.ConnectAsync(proxy);
        var status = await http2.AskAsync((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", "a"), ("sec-websocket-version", "13"));

        Assert.Contains(plain.Status, new[] { 400, 503 });
        Assert.Equal(plain.Status, socket.Status);
        Assert.True(status == $"{plain.Status}" || status.StartsWith("reset", StringComparison.Ordinal), status);
        Assert.Empty(pod.Heads);
    }

    /// <summary>The server checks values and lets line ends pass in names (RFC 9113 §8.2.1 forbids them).</summary>
    [Theory]
    [InlineData("a: b\r\nx-real-ip: 6.6.6.6\r\nc")]
    [InlineData("a\nb")]
    [InlineData("a b")]
    [InlineData("a:b")]
    public async Task A_name_over_HTTP2_cannot_become_lines_toward_the_pod(string name)
    {
        await using var pod = RawPod.Start(c => c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        foreach (var method in new[] { "CONNECT", "GET" })
        {
            (string, string)[] fields = [(":method", method), .. method == "GET" ? Array.Empty<(string, string)>() : [(":protocol", "websocket")], (":scheme", "http"), (":path", "/"), (":authority", "a"), ("sec-websocket-version", "13"), (name, "d")];
            await using var http2 = await RawHttp2.ConnectAsync(proxy, endsStreams: method == "GET");
            var status = await http2.AskAsync(fields);
            Assert.True(status is "400" or "200" || status.StartsWith("reset", StringComparison.Ordinal) || status.StartsWith("goaway", StringComparison.Ordinal), status);
            Assert.True(method == "GET" || status != "200", status);
        }

        Assert.All(pod.Heads, head => Assert.DoesNotContain("6.6.6.6", head, StringComparison.Ordinal));
        Assert.All(pod.Heads, head => Assert.StartsWith("GET", head, StringComparison.Ordinal));
        Assert.True(pod.Heads.Count <= 1);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Http2)]
    public async Task Who_asks_for_a_closed_route_hears_of_the_annotation_and_of_no_object(WsVia via)
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        const string Because = "wsingress.io/backend-tls-ca-secret of Service team-a/chat: Secret team-a/chat-ca does not exist";
        proxy.Publish([pod.Endpoint], new RoutePolicy { ClosedBecause = Because });
        await using var socket = await RawHandshake.OpenAsync(proxy, via);
        using var plain = await proxy.GetAsync();
        foreach (var text in new[] { await socket.ReadBodyAsync(), await plain.Content.ReadAsStringAsync() })
        {
            Assert.Contains("wsingress.io/backend-tls-ca-secret", text, StringComparison.Ordinal);
            Assert.DoesNotContain("team-a", text, StringComparison.Ordinal);
        }

        Assert.Equal(Because, proxy.Telemetry.Handshakes.Single().Detail);
        Assert.Contains("team-a/chat-ca", Assert.Single(proxy.Telemetry.Http).Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_matches_without_case_port_and_trailing_dot()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync();
        var open = Route("/", RoutePolicy.Default);
        proxy.Publish(new RoutingTable([new VirtualHost { Host = "shop.example", Routes = [open] }], [TestProxy.Backend("echo", pod.Endpoint)], []));
        foreach (var host in new[] { "shop.example", "SHOP.example:8080", "shop.example.", "shop.example.:80" })
        {
            await using var client = await RawHandshake.OpenAsync(proxy, host: host);
            Assert.Equal(101, client.Status);
        }

        foreach (var host in new[] { "other.example", "a.shop.example", "shop.example.evil" })
        {
            await using var client = await RawHandshake.OpenAsync(proxy, host: host);
            Assert.Equal(404, client.Status);
        }
    }

    private static Route Route(string path, RoutePolicy policy) => new()
    {
        Owner = new RouteOwner("default", "web"),
        Path = new PathMatch(PathMatchKind.Prefix, path),
        Backends = [new WeightedBackend("default/echo:80", 1, BackendPolicy.Default)],
        Policy = policy,
    };

    private static void Publish(TestProxy proxy, string guard, Endpoint pod)
    {
        var none = HeaderTests.Networks();
        var loopback = HeaderTests.Networks("127.0.0.0/8");
        var policy = new RoutePolicy
        {
            ClosedBecause = guard.StartsWith("closed", StringComparison.Ordinal) ? "allow-cidrs cannot be read" : null,
            DenyCidrs = guard.EndsWith("denied", StringComparison.Ordinal) ? loopback : none,
            AllowCidrs = guard switch { "denied" => loopback, "not allowed" => HeaderTests.Networks("10.0.0.0/8"), _ => none },
        };
        Endpoint[] endpoints = guard switch
        {
            "no endpoint" => [],
            "not ready" => [pod with { Ready = false }],
            "terminating" => [pod with { Terminating = true }],
            _ => [pod],
        };
        var route = Route(guard == "no route" ? "/elsewhere" : "/", policy);
        proxy.Publish(new RoutingTable(
            [new VirtualHost { Host = "", Routes = [guard == "no backend" ? route with { Backends = [] } : route] }],
            [TestProxy.Backend("echo", endpoints)],
            []));
    }
}
