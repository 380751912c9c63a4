using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using WsIngress.Proxy;
using WsIngress.Proxy.Listening;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Sizes and times of requests, and that none of them touches an open socket.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_handshake_with_a_token_of_32_KB_opens_a_socket(WsVia via)
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        var token = "Bearer " + new string('t', 32 * 1024);
        await using var client = await RawHandshake.OpenAsync(proxy, via, headers: ("Authorization", token));

        Assert.True(client.IsOpen);
        Assert.Contains(token, pod.Heads.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handshake_headers_of_just_under_64_KiB_pass_and_of_more_are_431()
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var under = await RawHandshake.OpenAsync(proxy, headers: ("X-Big", new string('x', 65_000)));
        await using var over = await RawHandshake.OpenAsync(proxy, headers: ("X-Big", new string('x', 66_000)));
        await using var many = await RawHandshake.OpenAsync(proxy, headers: [.. Enumerable.Range(0, 300).Select(i => ($"X-{i}", "y"))]);

        Assert.Equal(101, under.Status);
        Assert.Equal(431, over.Status);
        Assert.Equal(431, many.Status);
        Assert.Single(pod.Heads);
    }

    [Fact]
    public async Task Headers_above_64_KiB_are_431_over_http2_as_well()
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHttp2.ConnectAsync(proxy);
        (string, string)[] socket = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("sec-websocket-version", "13")];

        var under = await client.AskAsync([.. socket, ("x-big", new string('x', 60_000))]);
        var over = await client.AskAsync([.. socket, ("x-big", new string('x', 70_000))]);

        Assert.Equal("200", under);
        Assert.Equal("431", over);
    }

    [Fact]
    public async Task A_request_line_above_16_KiB_is_414()
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var under = await RawHandshake.OpenAsync(proxy, path: "/" + new string('p', 16_000));
        await using var over = await RawHandshake.OpenAsync(proxy, path: "/" + new string('p', 17_000));

        Assert.Equal(101, under.Status);
        Assert.Equal(414, over.Status);
    }

    /// <summary>What is counted is the body itself, not its framing. The client has sent all of it before it reads the answer.</summary>
    [Theory]
    [InlineData(1, false, 1000, 200)]
    [InlineData(1, false, 1001, 413)]
    [InlineData(1, true, 1000, 200)]
    [InlineData(1, true, 1001, 413)]
    [InlineData(1, true, 100_000, 413)]
    [InlineData(1, true, 5_000_000, 413)]
    [InlineData(2, false, 1000, 200)]
    [InlineData(2, false, 1001, 413)]
    [InlineData(2, true, 1000, 200)]
    [InlineData(2, true, 1001, 413)]
    [InlineData(2, true, 100_000, 413)]
    public async Task A_body_above_the_routes_limit_is_413(int version, bool chunked, int length, int status)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, new RoutePolicy { MaxBodySize = 1000 });
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, version == 1 ? proxy.Http() : new Uri($"https://127.0.0.1:{proxy.HttpsPort}/"))
        {
            Version = version == 1 ? HttpVersion.Version11 : HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[length]),
        };
        request.Headers.TransferEncodingChunked = chunked && version == 1;
        if (chunked)
        {
            request.Content = new StreamContent(new Unmeasured(new byte[length]));
        }

        using var answer = await client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        await Settled.NothingIsHeldAsync(proxy);
        if (status == 413)
        {
            Assert.Contains("413 ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(413, proxy.Telemetry.Http.Single().Status);
        }
    }

    /// <summary>Kestrel looks at its clock once a second: this takes two real ones.</summary>
    [Fact]
    public async Task Headers_that_do_not_end_in_time_are_408()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { RequestHeadersTimeout = TimeSpan.FromMilliseconds(200) });
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");

        await client.ReadHeadAsync();

        Assert.Equal(408, client.Status);
    }

    /// <summary>The socket outlives 1.5 request timeouts by the real clock, which the forwarder's timeout runs on.</summary>
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Http2)]
    public async Task No_limit_of_plain_http_touches_an_open_socket(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(
            pod,
            new RoutePolicy { RequestTimeout = TimeSpan.FromMilliseconds(600), MaxBodySize = 10 },
            configure: o => o with { RequestHeadersTimeout = TimeSpan.FromMilliseconds(300), KeepAliveTimeout = TimeSpan.FromMilliseconds(300) });
        await using var quiet = await RawHandshake.OpenAsync(proxy, via);
        await using var active = await RawHandshake.OpenAsync(proxy, via);
        var text = new string('m', 100);
        for (var i = 0; i < 9; i++)
        {
            await active.WriteAsync(Frame.OfText(text, masked: true));
            Assert.Equal(text, (await active.ReadFrameAsync())?.Text);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        await quiet.WriteAsync(Frame.OfText(text, masked: true));
        Assert.Equal(text, (await quiet.ReadFrameAsync())?.Text);
        Assert.Equal(2, proxy.Plane.Sockets.Count);
    }

    /// <summary>Kestrel's rates strike after five real seconds and more, too long to wait for here.</summary>
    [Fact]
    public void No_data_rate_of_the_server_ends_a_stream_or_a_socket()
    {
        var limits = new KestrelServerLimits();

        ServerLimits.Apply(limits, new ProxyOptions());

        Assert.Null(limits.MinRequestBodyDataRate);
        Assert.Null(limits.MinResponseDataRate);
        Assert.Equal(64 * 1024, limits.MaxRequestHeadersTotalSize);
    }

    [Fact]
    public async Task A_pod_that_is_silent_for_longer_than_the_request_timeout_is_504_and_no_second_pod_is_asked()
    {
        await using var hanging = RawPod.Start(c => c.HangAsync(), name: "a");
        await using var other = RawPod.Start(c => c.HangAsync(), name: "b");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([hanging.Endpoint, other.Endpoint], new RoutePolicy { RequestTimeout = TimeSpan.FromMilliseconds(200) });

        using var answer = await proxy.GetAsync();

        Assert.Equal(504, (int)answer.StatusCode);
        Assert.Equal(1, hanging.Heads.Count + other.Heads.Count);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task Refusals_for_size_are_told_to_telemetry_only_when_a_request_came_through()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using (await RawHandshake.OpenAsync(proxy, headers: ("X-Big", new string('x', 66_000))))
        {
            Assert.Empty(proxy.Telemetry.Handshakes);
        }

        // Told when the answer is out, so perhaps a moment after the client has it.
        await using var after = await RawHandshake.OpenAsync(proxy);
        await Eventually.True(() => proxy.Telemetry.Handshakes.Count == 1);
        Assert.Equal(HandshakeRefusal.None, Assert.Single(proxy.Telemetry.Handshakes).Refusal);
    }

    /// <summary>Hides its length, so that it is sent in chunks.</summary>
    private sealed class Unmeasured(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
