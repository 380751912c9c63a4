using System.Net;
using System.Net.Sockets;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Every way to the proxy, every way on to the pod, everything a pod may do.</summary>
public sealed class HandshakeMatrixTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public enum PodTls
    {
        None,
        Unverified,
        Verified,
    }

    public static TheoryData<WsVia, PodTls> Ways
    {
        get
        {
            var ways = new TheoryData<WsVia, PodTls>();
            foreach (var via in Enum.GetValues<WsVia>())
            {
                foreach (var tls in Enum.GetValues<PodTls>())
                {
                    ways.Add(via, tls);
                }
            }

            return ways;
        }
    }

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_a_pod_does_with_a_handshake_reaches_the_client_and_leaves_nothing_behind(WsVia via, PodTls tls)
    {
        await using var proxy = await TestProxy.StartAsync();
        using var certificate = tls == PodTls.None ? null : _certificates.Issue(TestCertificates.PodName);
        foreach (var behaviour in PodBehaviours.All)
        {
            await using var pod = RawPod.Start(behaviour.Script, certificate);

            // The timeout is a real one: it must be long enough for TLS on a busy machine, and is waited for only by pods that hang.
            var wait = behaviour.Refusal == HandshakeRefusal.Timeout ? TimeSpan.FromMilliseconds(150) : TimeSpan.FromSeconds(10);
            proxy.Publish([pod.Endpoint], new RoutePolicy { WebSocket = new() { HandshakeTimeout = wait } }, Backend(tls));

            await CheckAsync(proxy, via, behaviour);
        }
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task Bytes_behind_the_pods_101_are_the_first_bytes_of_the_socket(WsVia via)
    {
        await using var pod = RawPod.Start(PodBehaviours.EarlyBytes.Script);
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);

        Assert.Equal("early", (await client.ReadFrameAsync())?.Text);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Http2)]
    public async Task A_pod_whose_certificate_does_not_verify_gets_nothing_and_the_client_502(WsVia via)
    {
        using var stranger = new TestCertificates();
        using var foreign = stranger.Issue(TestCertificates.PodName);
        using var misnamed = _certificates.Issue("other.internal");
        await using var proxy = await TestProxy.StartAsync();
        foreach (var certificate in new[] { foreign, misnamed })
        {
            await using var pod = RawPod.Start(c => c.EchoAsync(), certificate);
            proxy.Publish([pod.Endpoint], backend: Backend(PodTls.Verified));
            await using var client = await RawHandshake.OpenAsync(proxy, via);

            Assert.Equal(502, client.Status);
            Assert.Equal(HandshakeRefusal.ConnectFailed, proxy.Telemetry.Handshakes.Last().Refusal);
            Assert.StartsWith($"127.0.0.1:{pod.Port}: TLS: ", proxy.Telemetry.Handshakes.Last().Detail, StringComparison.Ordinal);
            Assert.Empty(pod.Heads);

            using var plain = await proxy.GetAsync();
            Assert.Equal(502, (int)plain.StatusCode);
            Assert.Empty(pod.Heads);
            await Settled.NothingIsHeldAsync(proxy);
        }
    }

    /// <summary>RFC 8441 §5: any 2xx opens the tunnel, so a page that a pod sends instead of 101 must not pass as one.</summary>
    [Theory]
    [InlineData(WsVia.Http1, 200)]
    [InlineData(WsVia.Tls1, 200)]
    [InlineData(WsVia.Http2, 502)]
    public async Task A_pod_that_ignores_the_upgrade_and_answers_200_opens_no_socket(WsVia via, int status)
    {
        await using var pod = RawPod.Saying("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);

        Assert.Equal(status, client.Status);
        Assert.Equal(status == 200, await client.ReadBodyAsync() == "page");
        Assert.NotEqual(HandshakeRefusal.None, Assert.Single(proxy.Telemetry.Handshakes).Refusal);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Http2)]
    public async Task A_refusal_whose_body_never_ends_does_not_hold_its_slot_for_ever(WsVia via)
    {
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync("HTTP/1.1 401 No\r\n\r\nbegun");
            await c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint], new RoutePolicy { WebSocket = new() { HandshakeTimeout = TimeSpan.FromMilliseconds(200) } });
        await using var client = await RawHandshake.OpenAsync(proxy, via);

        Assert.Equal(401, client.Status);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [InlineData("HTTP/1.1 401 No\r\nContent-Length: 10\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf")]
    [InlineData("HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfX\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n0\r\n\r\n")]
    public async Task Half_of_a_refusal_is_not_passed_off_as_all_of_it(string answer)
    {
        await using var pod = RawPod.Saying(answer);
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy);

        if (client.Status != 0)
        {
            Assert.Equal(401, client.Status);
            await Assert.ThrowsAnyAsync<IOException>(client.ReadBodyAsync);
        }

        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task A_client_that_goes_during_the_handshake_frees_its_slot()
    {
        var asked = new TaskCompletionSource();
        await using var pod = RawPod.Start(c =>
        {
            asked.SetResult();
            return c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync($"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: {RawHandshake.Key}\r\n\r\n");
        await asked.Task;
        Assert.Equal(1, Settled.Load(proxy));

        client.Reset();

        await proxy.Telemetry.WaitAsync(t => !t.Handshakes.IsEmpty);
        Assert.Equal(HandshakeRefusal.ClientGone, proxy.Telemetry.Handshakes.Single().Refusal);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task Five_hundred_failed_handshakes_of_every_kind_leave_nothing_behind()
    {
        var next = -1;
        var kinds = PodBehaviours.All.Where(b => b.Refusal is not (HandshakeRefusal.None or HandshakeRefusal.Timeout)).ToArray();
        await using var pod = RawPod.Start(c => kinds[Interlocked.Increment(ref next) % kinds.Length].Script(c));
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);

        await Parallel.ForAsync(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            await using var client = await RawHandshake.OpenAsync(proxy);
            Assert.NotEqual(101, client.Status);
        });

        await Settled.NothingIsHeldAsync(proxy);
        Assert.Equal(500, proxy.Telemetry.Handshakes.Count);
        Assert.Empty(proxy.Telemetry.Opened);
    }

    [Fact]
    public async Task A_pod_that_takes_no_tls_is_a_failed_connect()
    {
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        await using var proxy = await TestProxy.StartAsync();
        var endpoint = new Endpoint { Address = "127.0.0.1", Port = ((IPEndPoint)deaf.LocalEndpoint).Port };
        proxy.Publish([endpoint], new RoutePolicy { ConnectTimeout = TimeSpan.FromMilliseconds(150) }, Backend(PodTls.Unverified));
        await using var client = await RawHandshake.OpenAsync(proxy);

        Assert.Equal(502, client.Status);
        Assert.Contains("no connection within 0.15 s", proxy.Telemetry.Handshakes.Single().Detail, StringComparison.Ordinal);
        await Settled.NothingIsHeldAsync(proxy);
    }

    private BackendPolicy Backend(PodTls tls) => tls switch
    {
        PodTls.None => BackendPolicy.Default,
        PodTls.Unverified => new() { Protocol = BackendProtocol.Https },
        _ => new() { Protocol = BackendProtocol.Https, Tls = new() { Verify = true, CaPem = _certificates.AuthorityPem, ServerName = TestCertificates.PodName } },
    };

    private static async Task CheckAsync(TestProxy proxy, WsVia via, PodBehaviour behaviour)
    {
        var message = $"{via}, pod: {behaviour.Name}";
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        Assert.True((behaviour.Status == 101) == client.IsOpen, $"{message}: status {client.Status}");
        if (client.IsOpen)
        {
            await client.WriteAsync(Frame.OfText("ping", masked: true));
            Assert.Equal("ping", (await client.ReadFrameAsync())?.Text);
            await client.WriteAsync(Frame.OfClose(1000, "", masked: true));
            Assert.Equal(Frame.CloseOpcode, (await client.ReadFrameAsync())?.Opcode);
        }
        else
        {
            Assert.True(behaviour.Status == client.Status, $"{message}: status {client.Status}");
            var body = behaviour.Status == 304 ? "" : await client.ReadBodyAsync();
            Assert.True(behaviour.Body is null ? body.StartsWith($"{behaviour.Status} ", StringComparison.Ordinal) : behaviour.Body == body, $"{message}: body '{body}'");
            Assert.True(behaviour.Header is not { } header || client.Headers.Get(header.Name) == header.Value, $"{message}: header");
        }

        var facts = proxy.Telemetry.Handshakes.Last();
        Assert.True(behaviour.Refusal == facts.Refusal, $"{message}: {facts.Refusal} {facts.Detail}");
        Assert.True(1 == facts.Tries, $"{message}: {facts.Tries} tries");
        await Settled.NothingIsHeldAsync(proxy);
    }
}
