using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The end of the process as clients see it.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task Two_hundred_sockets_end_evenly_over_the_window_and_the_drain_returns_after_the_last()
    {
        const int Count = 200;
        var window = TimeSpan.FromSeconds(20);
        var time = new FakeTimeProvider();
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, time: time);
        var closes = new List<Task<(Frame? Frame, DateTimeOffset At)>>();
        for (var i = 0; i < Count; i++)
        {
            var client = await RawHandshake.OpenAsync(proxy);
            closes.Add(EchoCloseAsync(client, time));
        }

        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == Count);
        Assert.Null(proxy.Plane.DrainWindowEnd);
        var started = time.GetUtcNow();
        var drain = proxy.Plane.DrainAsync(window, TimeSpan.FromSeconds(60), CancellationToken.None);
        for (var tick = 0; !drain.IsCompleted && tick < 600; tick++)
        {
            // Let what this moment caused happen before the next: real milliseconds per tenth of a second of the drain's clock.
            await Task.Delay(TimeSpan.FromMilliseconds(4), TimeProvider.System);
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        await drain;
        Assert.Equal(started + window, proxy.Plane.DrainWindowEnd);
        var seen = await Task.WhenAll(closes);
        Assert.All(seen, c => Assert.Equal((1001, "proxy-shutdown"), (c.Frame!.CloseCode, c.Frame.CloseReason)));
        Assert.All(proxy.Telemetry.Closed, c => Assert.Equal(RelayOutcome.ProxyShutdown, c.Report.Outcome));
        Assert.InRange((time.GetUtcNow() - started).TotalSeconds, 19, 26);

        // Each quarter of the window closes about a quarter of the sockets.
        for (var quarter = 0; quarter < 4; quarter++)
        {
            var from = started + (window * (quarter / 4.0));
            var closed = seen.Count(c => c.At >= from && c.At < from + (window / 4));
            Assert.InRange(closed, 35, 65);
        }
    }

    [Theory]
    [InlineData(false, "GET", "")]
    [InlineData(true, "GET", "")]
    [InlineData(false, "POST", "\nContent-Length: 0")]
    [InlineData(false, "GET", "\nHost: b")]
    public async Task From_the_begin_of_a_drain_the_next_answer_on_a_connection_is_its_last(bool tls, string method, string more)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var open = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);
        await using var client = await RawHandshake.SendAsync(proxy, $"{method} / HTTP/1.1\nHost: a{(more.Contains("Host", StringComparison.Ordinal) ? "" : more)}", tls);
        Assert.Equal((200, null), (client.Status, client.Headers.Get("Connection")));
        await client.ReadBodyAsync();
        using var force = new CancellationTokenSource();
        var drain = proxy.Plane.DrainAsync(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), force.Token);

        await client.WriteAsync($"{method} / HTTP/1.1\nHost: a{more}\n\n".ReplaceLineEndings("\r\n"));
        await client.ReadHeadAsync();
        using var rest = new StreamReader(client.Stream);
        await rest.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(more.Contains("Host", StringComparison.Ordinal) ? 400 : 200, client.Status);
        Assert.Equal("close", client.Headers.Get("Connection"));
        await force.CancelAsync();
        await drain.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task During_a_drain_requests_over_http2_go_to_another_connection_and_its_open_socket_lives_on()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, time: new FakeTimeProvider());
        var connections = 0;
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            ConnectCallback = async (target, cancel) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(target.DnsEndPoint, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var open = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        await open.ConnectAsync(new Uri($"wss://127.0.0.1:{proxy.HttpsPort}/"), client, CancellationToken.None);
        Assert.Equal("200 1", await AskAsync());
        using var force = new CancellationTokenSource();
        var drain = proxy.Plane.DrainAsync(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), force.Token);

        // Word and answer may come in either order, so a request or two may still find the old connection.
        var answers = new List<string>();
        while (!answers.Contains("200 2") && answers.Count < 100)
        {
            answers.Add(await AskAsync());
        }

        Assert.Equal("200 2", answers[^1]);
        await open.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var echo = new byte[100];
        var received = await open.ReceiveAsync(echo, CancellationToken.None);

        Assert.Equal("still here", Encoding.UTF8.GetString(echo, 0, received.Count));
        await force.CancelAsync();
        await drain.WaitAsync(TimeSpan.FromSeconds(10));

        async Task<string> AskAsync()
        {
            using var answer = await client.GetAsync($"https://127.0.0.1:{proxy.HttpsPort}/");
            return $"{(int)answer.StatusCode} {connections}";
        }
    }

    /// <summary>To close a socket with unread bytes is to reset it, and a reset takes from the client what it has not read yet.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_answer_arrives_whole_though_the_client_has_asked_for_more(bool tls)
    {
        const int Length = 300_000;
        var step = new SemaphoreSlim(0);
        await using var pod = new ScriptedPod(async (_, c) =>
        {
            await step.WaitAsync(c.Stop);
            await c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n\r\n" + new string('x', Length));
        });
        await using var proxy = await pod.ProxyAsync();
        using var force = new CancellationTokenSource();
        await using var client = await RawHandshake.ConnectAsync(proxy, tls);
        var drain = proxy.Plane.DrainAsync(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), force.Token);
        await client.WriteAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
        await Settled.TrueAsync(() => pod.Seen.Count == 1, () => "the request has not come");
        await client.WriteAsync("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        step.Release();

        await client.HearAsync();
        Assert.Equal(Length, (await client.BodyAsync(Length)).Length);
        Assert.Equal(0, await client.Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(["0 GET /1"], pod.Seen);
        await force.CancelAsync();
        await drain.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task During_a_drain_handshakes_get_503_on_every_way_in_and_plain_requests_are_served()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var open = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);
        using var force = new CancellationTokenSource();
        var drain = proxy.Plane.DrainAsync(TimeSpan.Zero, TimeSpan.FromSeconds(30), force.Token);

        Assert.True(proxy.Plane.IsDraining);
        foreach (var via in Enum.GetValues<WsVia>())
        {
            await using var client = await RawHandshake.OpenAsync(proxy, via);
            Assert.Equal(503, client.Status);
            Assert.Contains(client.Headers.Joined("Retry-After"), RetryDelayTests.Quiet);
            Assert.Equal(via == WsVia.Http2 ? null : "close", client.Headers.Get("Connection"));
        }

        using var plain = await proxy.GetAsync();
        Assert.Equal(200, (int)plain.StatusCode);
        Assert.False(drain.IsCompleted);
        Assert.Equal(3, proxy.Telemetry.Handshakes.Count(h => h.Refusal == HandshakeRefusal.Draining));

        Assert.Equal(1001, (await open.ReadFrameAsync())?.CloseCode);
        await open.WriteAsync(Frame.OfClose(1001, "", masked: true));
        await open.DisposeAsync();
        await drain.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_drain_waits_for_a_handshake_that_was_under_way_when_it_began()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using var pod = RawPod.Start(async c =>
        {
            asked.SetResult();
            await answer.Task;
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        var opening = RawHandshake.OpenAsync(proxy);
        await asked.Task;

        var drain = proxy.Plane.DrainAsync(TimeSpan.Zero, TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.False(await Ends(drain, TimeSpan.FromMilliseconds(150)));
        answer.SetResult();

        await using var client = await opening;
        Assert.Equal(101, client.Status);
        var close = await client.ReadFrameAsync();
        Assert.Equal((1001, "proxy-shutdown"), (close!.CloseCode, close.CloseReason));
        await client.WriteAsync(Frame.OfClose(1001, "", masked: true));
        await client.DisposeAsync();
        await drain.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_drain_waits_for_a_plain_request_under_way()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using var pod = await TestPod.StartAsync(handler: _ =>
        {
            asked.SetResult();
            return answer.Task;
        });
        await using var proxy = await TestProxy.ToAsync(pod);
        var asking = proxy.GetAsync();
        await asked.Task;

        var drain = proxy.Plane.DrainAsync(TimeSpan.Zero, TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.False(await Ends(drain, TimeSpan.FromMilliseconds(150)));
        answer.SetResult();

        using var got = await asking;
        Assert.Equal(200, (int)got.StatusCode);
        await drain.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_deadline_or_force_cuts_what_does_not_answer_the_Close(bool force)
    {
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            await c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var deaf = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);
        using var cancel = new CancellationTokenSource();

        var drain = proxy.Plane.DrainAsync(TimeSpan.Zero, force ? TimeSpan.FromSeconds(30) : TimeSpan.FromMilliseconds(200), cancel.Token);
        if (force)
        {
            Assert.Equal(1001, (await deaf.ReadFrameAsync())?.CloseCode);
            await cancel.CancelAsync();
        }

        await drain.WaitAsync(TimeSpan.FromSeconds(3));
        var report = await proxy.Telemetry.OneReportAsync();
        Assert.Equal(RelayOutcome.ProxyShutdown, report.Outcome);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task A_drain_of_nothing_returns_at_once_whatever_the_window()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);

        await proxy.Plane.DrainAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(2));

        Assert.True(proxy.Plane.IsDraining);
    }

    [Fact]
    public async Task A_stop_without_a_drain_is_a_shutdown_and_no_lost_client()
    {
        await using var pod = await TestPod.StartAsync();
        var proxy = await TestProxy.ToAsync(pod);
        await using var client = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 1);

        await proxy.DisposeAsync();

        Assert.Equal(RelayOutcome.ProxyShutdown, (await proxy.Telemetry.OneReportAsync()).Outcome);
        Assert.Equal(0, Settled.Load(proxy));
    }

    private static async Task<(Frame? Frame, DateTimeOffset At)> EchoCloseAsync(RawHandshake client, FakeTimeProvider time)
    {
        await using (client)
        {
            var frame = await Frame.ReadAsync(client.Stream);
            var at = time.GetUtcNow();
            await client.WriteAsync(Frame.Bytes(8, frame?.Payload ?? [], masked: true));
            await Frame.ReadAsync(client.Stream);
            return (frame, at);
        }
    }

    /// <summary>A real wait: that something does not happen cannot be waited for otherwise.</summary>
    private static async Task<bool> Ends(Task task, TimeSpan within) =>
        await Task.WhenAny(task, Task.Delay(within, TimeProvider.System)) == task;
}
