using System.Text;
using WsIngress.Tests.Transport.Support;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Connections that carry one plain request after another: a client's, and those to pods, which requests of other clients use next.</summary>
public sealed class KeptConnectionTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_request_after_another_goes_over_one_connection_each_way(bool tls)
    {
        await using var pod = new ScriptedPod((_, c) => c.SendAsync(Ok));
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy, tls);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("ok", await client.AskAsync($"/{i}"));
        }

        Assert.Equal(["0 GET /0", "0 GET /1", "0 GET /2", "0 GET /3", "0 GET /4"], pod.Seen);
        Assert.Equal(5, proxy.Telemetry.Http.Count);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_that_are_sent_before_the_last_is_answered_are_answered_in_their_order(bool tls)
    {
        var step = new SemaphoreSlim(0);
        await using var pod = new ScriptedPod(async (target, c) =>
        {
            await step.WaitAsync(c.Stop);
            await c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {target.Length}\r\n\r\n{target}");
        });
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy, tls);
        await client.WriteAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await Settled.TrueAsync(() => pod.Seen.Count == 1, () => "the first request has not come");

        // One that comes while another is served, two at once, and one in parts.
        await client.WriteAsync("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.WriteAsync("GET /c HTTP/1.1\r\nHost: a\r\n\r\nGET /d HTTP/1.1\r\nHost: a\r\n\r\nGET /e HTT");
        step.Release(5);
        foreach (var expected in new[] { "/a", "/b", "/c", "/d" })
        {
            await client.ReadHeadAsync();
            Assert.Equal(expected, await client.BodyAsync(2));
        }

        await client.WriteAsync("P/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.Equal("/e", await client.BodyAsync(2));
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task Two_requests_that_a_connection_begins_with_are_both_answered()
    {
        await using var pod = new ScriptedPod((target, c) => c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {target.Length}\r\n\r\n{target}"));
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        foreach (var expected in new[] { "/a", "/b" })
        {
            await client.HearAsync();
            Assert.Equal(expected, await client.BodyAsync(2));
        }
    }

    [Fact]
    public async Task A_connection_goes_on_with_a_body_and_with_a_socket()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.AskAsync("/");
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        await client.HearAsync();
        Assert.Equal("body", await client.ReadBodyAsync());

        await client.WriteAsync($"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawHandshake.Key}\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.True(client.IsOpen);
        await client.WriteAsync(Frame.Bytes(Frame.TextOpcode, "hi"u8.ToArray(), masked: true));
        Assert.Equal("hi", Encoding.ASCII.GetString((await client.ReadFrameAsync())!.Payload));
    }

    [Fact]
    public async Task A_kept_connection_that_its_pod_ends_is_not_used_again()
    {
        await using var pod = new ScriptedPod((_, c) => c.SendAsync(Ok), requests: 1);
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("ok", await client.AskAsync($"/{i}"));
        }

        // Asked for once each: where the end had not been seen yet, the request did not reach the pod.
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i} GET /{i}"), pod.Seen);
    }

    [Fact]
    public async Task A_request_whose_kept_connection_ends_without_a_byte_is_asked_again_on_a_new_one()
    {
        await using var pod = new ScriptedPod((target, c) => target == "/2" && c.Number == 0 ? c.EndAsync() : c.SendAsync(Ok));
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy);

        Assert.Equal("ok", await client.AskAsync("/1"));
        Assert.Equal("ok", await client.AskAsync("/2"));
        Assert.Equal("ok", await client.AskAsync("/3"));
        Assert.Equal(["0 GET /1", "0 GET /2", "1 GET /2", "1 GET /3"], pod.Seen);
        Assert.All(proxy.Telemetry.Http, f => Assert.Equal((200, null), (f.Status, f.Error)));
    }

    [Fact]
    public async Task A_request_that_its_pod_dies_of_takes_one_kept_connection_and_a_new_one()
    {
        var all = new SemaphoreSlim(0);
        await using var pod = new ScriptedPod(async (target, c) =>
        {
            if (target == "/dies")
            {
                await c.EndAsync();
                return;
            }

            await all.WaitAsync(c.Stop);
            await c.SendAsync(Ok);
        });
        await using var proxy = await pod.ProxyAsync();
        var clients = new List<RawHandshake>();
        var answers = new List<Task<string>>();
        for (var i = 0; i < 6; i++)
        {
            clients.Add(await RawHandshake.ConnectAsync(proxy));
            answers.Add(clients[i].AskAsync("/"));
        }

        await Settled.TrueAsync(() => pod.Seen.Count == 6, () => "not all have asked");
        all.Release(6);
        await Task.WhenAll(answers);

        await clients[0].AskAsync("/dies");

        Assert.Equal(502, clients[0].Status);
        Assert.InRange(pod.Seen.Count(s => s.EndsWith("/dies", StringComparison.Ordinal)), 2, TestTransport.ServesPlainOnLoops ? 2 : 4);
        await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask()));
    }

    /// <summary>Else the next connection would carry it twice, and its second answer would be the next client's.</summary>
    [Fact]
    public async Task A_request_that_a_kept_connection_does_not_take_is_sent_once_on_a_new_one()
    {
        Assert.SkipUnless(TestTransport.ServesPlainOnLoops, "the fault is one of the loop's sends");
        await using var pod = new ScriptedPod((target, c) => c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {target.Length}\r\n\r\n{target}"));
        await using var proxy = await pod.ProxyAsync();
        await using var alice = await RawHandshake.ConnectAsync(proxy);
        await using var bob = await RawHandshake.ConnectAsync(proxy);
        Assert.Equal("/0", await bob.AskAsync("/0"));
        Assert.Equal("/1", await alice.AskAsync("/1"));
        using var faults = SendFaults.On(proxy.Plane.Loops[0]);
        faults.BreakNext();

        Assert.Equal("/2", await alice.AskAsync("/2"));
        Assert.Equal("/3", await bob.AskAsync("/3"));
        Assert.Equal("/4", await alice.AskAsync("/4"));
        Assert.Equal(["0 GET /0", "0 GET /1", "1 GET /2", "1 GET /3", "1 GET /4"], pod.Seen);
    }

    [Theory]
    [InlineData("HTTP/1.1 20")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")]
    public async Task A_request_whose_answer_had_begun_is_not_asked_again(string begun)
    {
        await using var pod = new ScriptedPod(async (target, c) =>
        {
            await c.SendAsync(target == "/2" ? begun : Ok);
            if (target == "/2")
            {
                await c.EndAsync();
            }
        });
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy);

        Assert.Equal("ok", await client.AskAsync("/1"));
        await client.AskAsync("/2");
        Assert.Equal(502, client.Status);
        Assert.Equal("ok", await client.AskAsync("/3"));
        Assert.Equal(["0 GET /1", "0 GET /2", "1 GET /3"], pod.Seen);
    }

    [Fact]
    public async Task A_new_connection_that_ends_without_an_answer_is_502_and_the_pod_is_asked_once()
    {
        await using var pod = new ScriptedPod((_, c) => c.EndAsync());
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.SendAsync(proxy, "GET / HTTP/1.1\nHost: a");

        Assert.Equal(502, client.Status);
        Assert.InRange(pod.Seen.Count, 1, TestTransport.ServesPlainOnLoops ? 1 : 4);
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    public async Task A_connection_that_may_end_or_bring_a_forbidden_body_is_not_kept(string method, string head)
    {
        Assert.SkipUnless(TestTransport.ServesPlainOnLoops || head.Contains("close", StringComparison.OrdinalIgnoreCase), "the platform's HTTP client keeps it");
        await using var pod = new ScriptedPod((target, c) => c.SendAsync(target == "/1" ? head : Ok));
        await using var proxy = await pod.ProxyAsync();
        await using (var first = await RawHandshake.SendAsync(proxy, $"{method} /1 HTTP/1.1\nHost: a"))
        {
            Assert.NotEqual(502, first.Status);
        }

        await using var next = await RawHandshake.ConnectAsync(proxy);
        Assert.Equal("ok", await next.AskAsync("/2"));
        Assert.Equal([$"0 {method} /1", "1 GET /2"], pod.Seen);
    }

    /// <summary>What would be heard in place of the next client's answer (CWE-444).</summary>
    [Theory]
    [InlineData("Content-Length: 2\r\n\r\nok", false)]
    [InlineData("Content-Length: 2\r\n\r\nok", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true)]
    public async Task What_a_pod_says_beyond_its_answer_is_nobodys_answer(string answer, bool isLater)
    {
        Assert.SkipUnless(!isLater || TestTransport.ServesPlainOnLoops, "the platform's HTTP client looks at its idle connections every 15 s");
        const string Evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
        var (speak, spoken) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        await using var pod = new ScriptedPod(async (target, c) =>
        {
            await c.SendAsync("HTTP/1.1 200 OK\r\n" + answer + (isLater || target != "/1" ? "" : Evil));
            if (isLater && target == "/1")
            {
                await speak.WaitAsync(c.Stop);
                await c.SendAsync(Evil);
                spoken.Release();
            }
        });
        await using var proxy = await pod.ProxyAsync();
        await using (var first = await RawHandshake.ConnectAsync(proxy))
        {
            Assert.Equal("ok", await first.AskAsync("/1"));
        }

        if (isLater)
        {
            speak.Release();
            await spoken.WaitAsync();
            await Settled.TrueAsync(() => KernelQueues.Bytes(pod.Port) == 0, () => "what the pod said is not read, nor its connection closed");
        }

        for (var i = 2; i < 6; i++)
        {
            await using var next = await RawHandshake.ConnectAsync(proxy);
            Assert.Equal("ok", await next.AskAsync($"/{i}"));
        }

        Assert.Equal(["0 GET /1", "1 GET /2", "1 GET /3", "1 GET /4", "1 GET /5"], pod.Seen);
    }

    [Fact]
    public async Task A_head_that_is_never_whole_and_interim_answers_without_end_are_502()
    {
        await using var pod = new ScriptedPod(async (target, c) =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                await c.SendAsync(target == "/head" ? (i == 0 ? "HTTP/1.1 200 OK\r\n" : $"X-{i}: {new string('x', 100)}\r\n") : "HTTP/1.1 102 Processing\r\n\r\n");
            }
        });
        await using var proxy = await pod.ProxyAsync();
        foreach (var target in new[] { "/head", "/interim" })
        {
            await using var client = await RawHandshake.SendAsync(proxy, $"GET {target} HTTP/1.1\nHost: a");
            Assert.Equal(502, client.Status);
        }

        await Settled.NothingIsHeldAsync(proxy);
    }
}
