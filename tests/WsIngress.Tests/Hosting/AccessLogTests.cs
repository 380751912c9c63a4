using System.Globalization;
using System.Net.WebSockets;
using FsCheck.Xunit;
using WsIngress.Telemetry;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class AccessLogTests
{
    [Fact]
    public async Task A_request_has_one_line_and_a_socket_one_at_open_and_one_at_close_with_the_same_id()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var answer = await host.SendAsync(host.Bound.Http!, "/hello?a=b", TestHost.Host);
        using var missing = await host.SendAsync(host.Bound.Http!, "/", "nobody.test");
        using (var socket = await host.ConnectAsync("/room"))
        {
            await TestHost.UntilAsync(() => Task.FromResult(host.AccessLog.Any(l => (string)l["event"]! == "websocket-open")));
            Assert.DoesNotContain(host.AccessLog, l => (string)l["event"]! == "websocket-close");
            await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            await socket.ReceiveAsync(new byte[10], CancellationToken.None);
            await socket.CloseAsync((WebSocketCloseStatus)4001, "enough", CancellationToken.None);
        }

        await TestHost.UntilAsync(() => Task.FromResult(host.AccessLog.Length == 4));
        var http = host.AccessLog.Where(l => (string)l["event"]! == "http").ToArray();
        var open = Assert.Single(host.AccessLog, l => (string)l["event"]! == "websocket-open");
        var close = Assert.Single(host.AccessLog, l => (string)l["event"]! == "websocket-close");
        Assert.Equal([200, 404], http.Select(l => (int)l["status"]!));
        Assert.Equal("/hello", (string)http[0]["path"]!);
        Assert.Equal("pod-a", (string)http[0]["pod"]!);
        Assert.Null(http[1]["ingress"]);
        Assert.Equal((string)open["id"]!, (string)close["id"]!);
        Assert.Equal((string)open["requestId"]!, (string)close["requestId"]!);
        Assert.Equal(("chat", "chat", "pod-a", "/room"), ((string)open["ingress"]!, (string)open["service"]!, (string)open["pod"]!, (string)open["path"]!));
        Assert.Equal(("client-closed", "client"), ((string)close["outcome"]!, (string)close["side"]!));
        Assert.Equal((4001, "enough"), ((int)close["closeFromClient"]!["code"]!, (string)close["closeFromClient"]!["reason"]!));
        Assert.Equal((1, 1), ((int)close["messagesFromClient"]!, (int)close["messagesFromBackend"]!));
        Assert.True((double)close["ageSeconds"]! >= 0);
    }

    /// <summary>In any order, also backwards, before 1970, and in other time zones.</summary>
    [Property(MaxTest = 300)]
    public void A_moment_reads_as_if_all_of_it_had_been_formatted(int[] steps, short offset)
    {
        var moment = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.FromMinutes(offset % 800));
        foreach (var step in steps)
        {
            moment = moment.AddTicks(step * 977L);
            Assert.Equal(moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), LogTime.Text(moment));
        }
    }

    [Fact]
    public async Task Tokens_cookies_and_queries_never_reach_the_log()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var answer = await host.SendAsync(host.Bound.Http!, "/q?token=SECRET1", TestHost.Host);
        using var refused = await host.SendAsync(host.Bound.Http!, "/q?token=SECRET2", "nobody.test");
        using (var socket = await host.ConnectAsync("/s?access_token=SECRET3", ("Cookie", "sid=SECRET4"), ("Authorization", "Bearer SECRET5")))
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        }

        await TestHost.UntilAsync(() => Task.FromResult(host.AccessLog.Length == 4));

        Assert.DoesNotContain("SECRET", host.AccessLogText, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", await host.AdminAsync("/connections"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_handshake_names_its_reason_and_the_tries()
    {
        var gone = await TestPod.StartAsync("gone");
        await gone.DisposeAsync();
        await using var host = await TestHost.StartAsync(gone);

        await Assert.ThrowsAsync<WebSocketException>(() => host.ConnectAsync("/x"));

        await TestHost.UntilAsync(() => Task.FromResult(host.AccessLog.Length == 1));
        var line = host.AccessLog[0];
        Assert.Equal(("websocket-refused", "connect-failed", 502, 1), ((string)line["event"]!, (string)line["reason"]!, (int)line["status"]!, (int)line["tries"]!));
        Assert.Contains("ConnectionRefused", (string)line["detail"]!, StringComparison.Ordinal);
    }
}
