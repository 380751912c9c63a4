using System.Net.Sockets;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>How plain requests and their connections end before their time: silence, clients that do not read or leave, idle time, the end of the proxy.</summary>
public sealed class PlainEndingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("", 504)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-", 504)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 200)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 200)]
    public async Task A_pod_that_falls_silent_ends_the_request_and_nothing_else(string begun, int status)
    {
        await using var pod = new ScriptedPod(async (target, c) =>
        {
            await c.SendAsync(target == "/silent" ? begun : Ok);
            await (target == "/silent" ? c.HangAsync() : Task.CompletedTask);
        });
        await using var proxy = await pod.ProxyAsync(new RoutePolicy { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        await using var client = await RawHandshake.ConnectAsync(proxy);
        Assert.Equal("ok", await client.AskAsync("/"));
        await client.WriteAsync("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.HearAsync();

        Assert.Equal(status, client.Status);
        if (status == 200)
        {
            // Half a body must not look like a whole one.
            await Assert.ThrowsAnyAsync<IOException>(() => client.BodyAsync(1000));
        }

        await proxy.Telemetry.WaitAsync(t => t.Http.Count == 2);
        Assert.Equal(status, proxy.Telemetry.Http.Last().Status);
        Assert.NotNull(proxy.Telemetry.Http.Last().Error);
        await Settled.NothingIsHeldAsync(proxy);
        await using var other = await RawHandshake.ConnectAsync(proxy);

        // Who was answered may ask again; that includes a 504.
        var next = status == 200 ? other : client;
        if (status != 200)
        {
            await client.ReadBodyAsync();
        }

        Assert.Equal("ok", await next.AskAsync("/"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_does_not_read_holds_its_pod_back_and_is_ended_by_the_request_timeout(bool inChunks)
    {
        var part = new string('x', 16 * 1024);
        long sent = 0;
        var ended = new TaskCompletionSource();
        await using var pod = new ScriptedPod(async (_, c) =>
        {
            try
            {
                await c.SendAsync("HTTP/1.1 200 OK\r\n" + (inChunks ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 1000000000\r\n\r\n"));
                while (true)
                {
                    await c.SendAsync(inChunks ? $"4000\r\n{part}\r\n" : part);
                    sent += part.Length;
                }
            }
            finally
            {
                ended.SetResult();
            }
        });
        await using var proxy = await pod.ProxyAsync(new RoutePolicy { RequestTimeout = TimeSpan.FromMilliseconds(500) });
        await using var client = await RawHandshake.ConnectAsync(proxy);
        client.Socket!.ReceiveBufferSize = 64 * 1024;
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.InRange(sent, 1, 64 * 1024 * 1024);
        await Settled.NothingIsHeldAsync(proxy);
        Assert.Equal(200, Assert.Single(proxy.Telemetry.Http).Status);
    }

    [Fact]
    public async Task An_idle_connection_of_a_client_ends_after_the_keep_alive_time()
    {
        await using var pod = new ScriptedPod((_, c) => c.SendAsync(Ok));
        await using var proxy = await pod.ProxyAsync(configure: o => o with { KeepAliveTimeout = TimeSpan.FromMilliseconds(500) });
        foreach (var tls in new[] { false, true })
        {
            await using var client = await RawHandshake.ConnectAsync(proxy, tls);
            Assert.Equal("ok", await client.AskAsync("/"));
            Assert.Equal(0, await client.Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    public async Task The_end_of_the_proxy_ends_idle_connections_on_both_sides()
    {
        await using var pod = new ScriptedPod((_, c) => c.SendAsync(Ok));
        var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy);
        Assert.Equal("ok", await client.AskAsync("/"));

        await proxy.DisposeAsync();

        Assert.Equal(0, await client.Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        await pod.Ended.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Leaves in every way while the pod has said so much of its answer.</summary>
    [Theory]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true)]
    public async Task A_client_that_leaves_ends_its_pods_connection_and_is_told_as_gone(string begun, bool byReset)
    {
        await using var pod = new ScriptedPod(async (_, c) =>
        {
            await c.SendAsync(begun);
            await c.UntilEndAsync();
        });
        await using var proxy = await pod.ProxyAsync();
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await Settled.TrueAsync(() => pod.Seen.Count == 1, () => "the request has not come");
        if (begun.Length > 0)
        {
            await client.ReadHeadAsync();
        }

        if (byReset)
        {
            client.Reset();
        }
        else
        {
            client.Socket!.Shutdown(SocketShutdown.Both);
        }

        await pod.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        await proxy.Telemetry.WaitAsync(t => !t.Http.IsEmpty);
        Assert.Equal(begun.Length == 0 ? 499 : 200, Assert.Single(proxy.Telemetry.Http).Status);
        await Settled.NothingIsHeldAsync(proxy);
    }
}
