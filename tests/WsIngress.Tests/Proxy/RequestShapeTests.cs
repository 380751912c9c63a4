using System.Net;
using Microsoft.AspNetCore.Http;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Handshakes and requests as no well-bred client sends them.</summary>
public sealed class RequestShapeTests
{
    private const string Key = "Sec-WebSocket-Key: " + RawHandshake.Key;

    public static TheoryData<string> Accepted =>
    [
        "GET / HTTP/1.1\nHost: a\nconnection: upgrade\nupgrade: WebSocket\n" + Key,
        "GET / HTTP/1.1\nHost: a\nConnection: keep-alive, Upgrade\nUpgrade: websocket\n" + Key,
        "GET / HTTP/1.1\nHost: a\nConnection: keep-alive\nConnection: Upgrade\nUpgrade: websocket\n" + Key,
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: foo/1, websocket\n" + Key,
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: foo\nUpgrade: websocket\n" + Key,
        "GET http://a/chat HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key,
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nContent-Length: 0\n" + Key,
        "GET / HTTP/1.1\nHost: a:8080\nConnection: Upgrade\nUpgrade: websocket\nOrigin: null\n" + Key,
    ];

    public static TheoryData<string, int> Refused => new()
    {
        { "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket", 400 },
        { "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: c2hvcnQ=", 400 },
        { "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: !GhlIHNhbXBsZSBub25jZQ==", 400 },
        { "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nContent-Length: 5\n" + Key, 400 },
        { "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nTransfer-Encoding: chunked\n" + Key, 400 },
        { "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nTransfer-Encoding: chunked\nContent-Length: 0\n" + Key, 400 },
        { "GET / HTTP/1.1\nHost: a\nX: b\n c\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET / HTTP/1.1\nHost : a\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET / HTTP/1.1\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET / HTTP/1.1\nHost: a\nHost: b\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET / HTTP/1.1\nHost:\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET /\t HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET /%00 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET http://b/chat HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "CONNECT a:80 HTTP/1.1\nHost: a:80", 501 },
        { "GET / HTTP/1.1\nHost: a\nX: a\0b\nConnection: Upgrade\nUpgrade: websocket\n" + Key, 400 },
        { "GET * HTTP/1.1\nHost: a", 405 },
        { "POST / HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 4", 400 },
        { "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip", 400 },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task An_odd_but_valid_upgrade_opens_a_socket(string head)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var client = await RawHandshake.SendAsync(proxy, head);

        Assert.Equal(101, client.Status);
        Assert.Equal(RawHandshake.Accept, client.Headers.Get("Sec-WebSocket-Accept"));
        await client.WriteAsync(Frame.OfText("hi", masked: true));
        Assert.Equal("hi", (await client.ReadFrameAsync())?.Text);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_malformed_or_smuggled_upgrade_is_refused_and_no_pod_sees_it(string head, int status)
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.SendAsync(proxy, head);

        Assert.Equal(status, client.Status);
        Assert.Empty(pod.Heads);
        await Settled.NothingIsHeldAsync(proxy);
    }

    /// <summary>An upgrade by another method or to another protocol would be a tunnel that no guard, registry or drain knows.</summary>
    [Theory]
    [InlineData("POST / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key)]
    [InlineData("PUT / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key)]
    [InlineData("GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: SPDY/3.1")]
    [InlineData("GET / HTTP/1.1\nHost: a\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__")]
    [InlineData("GET / HTTP/1.1\nHost: a\nUpgrade: websocket\n" + Key)]
    [InlineData("GET / HTTP/1.0\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key)]
    public async Task No_other_upgrade_becomes_a_tunnel(string head)
    {
        await using var pod = RawPod.Start(async c =>
        {
            var asked = c.Head.Contains("\r\nUpgrade:", StringComparison.OrdinalIgnoreCase);
            await c.SendAsync(asked ? RawPodConnection.Switch.Replace("websocket", "SPDY/3.1", StringComparison.Ordinal) : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint], new RoutePolicy { WebSocket = new() { Enabled = false } });
        await using var client = await RawHandshake.SendAsync(proxy, head);

        Assert.Contains(client.Status, new[] { 200, 400, 403 });
        Assert.All(pod.Heads, h => Assert.DoesNotContain("\r\nUpgrade:", h, StringComparison.OrdinalIgnoreCase));
        Assert.All(pod.Heads, h => Assert.DoesNotContain("HTTP2-Settings", h, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Extended_connect_to_another_protocol_is_refused()
    {
        await using var pod = RawPod.Saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Connect, $"https://127.0.0.1:{proxy.HttpsPort}/x") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = "connect-udp";

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(StatusCodes.Status501NotImplemented, (int)answer.StatusCode);
        Assert.Empty(pod.Heads);
    }

    [Fact]
    public async Task Frames_sent_right_behind_the_handshake_are_not_lost()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var client = await RawHandshake.ConnectAsync(proxy);
        var head = $"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{Key}\r\n\r\n";

        await client.WriteAsync([.. System.Text.Encoding.Latin1.GetBytes(head), .. Frame.OfText("early", masked: true)]);
        await client.ReadHeadAsync();

        Assert.Equal(101, client.Status);
        Assert.Equal("early", (await client.ReadFrameAsync())?.Text);
    }

    [Fact]
    public async Task A_missing_version_reaches_the_pod_as_13_and_a_strange_one_as_it_is()
    {
        await using var pod = RawPod.Saying("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var none = await RawHandshake.SendAsync(proxy, "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key);
        await using var strange = await RawHandshake.SendAsync(proxy, "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 8\n" + Key);

        Assert.Equal(426, none.Status);
        Assert.Equal(426, strange.Status);
        Assert.Collection(
            pod.Heads,
            h => Assert.Contains("\r\nSec-WebSocket-Version: 13\r\n", h, StringComparison.Ordinal),
            h => Assert.Contains("\r\nSec-WebSocket-Version: 8\r\n", h, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_handshake_leaves_the_connection_usable_for_the_next_request()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, new RoutePolicy { WebSocket = new() { Enabled = false } });
        await using var client = await RawHandshake.SendAsync(proxy, "GET / HTTP/1.1\nHost: a\nConnection: keep-alive, Upgrade\nUpgrade: websocket\n" + Key);
        Assert.Equal(403, client.Status);
        Assert.Equal(HandshakeRefusal.WebSocketOff, proxy.Telemetry.Handshakes.Single().Refusal);
        await client.ReadBodyAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();

        Assert.Equal(200, client.Status);
    }
}
