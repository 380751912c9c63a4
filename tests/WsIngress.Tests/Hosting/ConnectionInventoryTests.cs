using System.Net.WebSockets;
using System.Text.Json.Nodes;
using WsIngress.ApiServer;
using WsIngress.Hosting;
using WsIngress.Tests.Cli;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>The sockets of a running process, as an operator sees, closes and drains them: by the command line, over the admin API.</summary>
public sealed class ConnectionInventoryTests
{
    [Fact]
    public async Task The_list_shows_open_sockets_by_any_filter_and_later_how_they_ended()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var one = await OpenAsync(host, "/room/1");
        using var two = await OpenAsync(host, "/room/2");
        await SettleAsync(host, open: 2);

        var (code, text, _) = await RunAsync(host, "list");
        Assert.Equal(0, code);
        Assert.Contains("/room/1", text, StringComparison.Ordinal);
        Assert.Contains("default/chat", text, StringComparison.Ordinal);
        Assert.EndsWith("2 sockets\n", text, StringComparison.Ordinal);
        foreach (var (filter, value, count) in new[]
        {
            ("--namespace", "default", 2), ("--namespace", "other", 0), ("--ingress", "chat", 2), ("--ingress", "default/chat", 2), ("--ingress", "other/chat", 0), ("--service", "chat", 2),
            ("--pod", "pod-a", 2), ("--pod", $"127.0.0.1:{pod.Port}", 2), ("--pod", "pod-b", 0), ("--client", "127.0.0.1", 2), ("--client", "127.0.0.0/8", 2), ("--client", "10.0.0.0/8", 0),
            ("--host", "CHAT.test", 2), ("--host", "other.test", 0), ("--route", "/", 2), ("--route", "/room", 0), ("--min-age", "0s", 2), ("--min-age", "1h", 0), ("--max-age", "1h", 2), ("--max-age", "0s", 0), ("--limit", "1", 1),
        })
        {
            Assert.Equal(count, (await ListAsync(host, filter, value)).Count);
        }

        await two.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        await SettleAsync(host, open: 1);
        var ended = Assert.Single(await ListAsync(host, "--closed"))!;
        Assert.Equal(("/room/2", "client-closed", "client", 1000, "done"), (
            (string)ended["path"]!, (string)ended["outcome"]!, (string)ended["side"]!, (int)ended["closeFromClient"]!["code"]!, (string)ended["closeFromClient"]!["reason"]!));
        Assert.Contains("client-closed (client)", (await RunAsync(host, "list", "--closed")).Text, StringComparison.Ordinal);

        var open = Assert.Single(await ListAsync(host))!;
        Assert.Equal("/room/1", (string)JsonNode.Parse((await RunAsync(host, "show", (string)open["id"]!)).Text)!["path"]!);
        Assert.Equal("client-closed", (string)JsonNode.Parse((await RunAsync(host, "show", (string)ended["id"]!)).Text)!["outcome"]!);
    }

    [Fact]
    public async Task A_socket_is_closed_with_the_code_and_the_words_of_the_operator_and_no_other_is()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var meant = await OpenAsync(host, "/meant");
        using var other = await OpenAsync(host, "/other");
        await SettleAsync(host, open: 2);
        var id = (string)(await ListAsync(host)).Single(c => (string)c!["path"]! == "/meant")!["id"]!;

        Assert.Equal((0, "closing\n", ""), await RunAsync(host, "close", id, "--code", "4007", "--reason", "moved & gone"));

        await meant.ReceiveAsync(new byte[16], CancellationToken.None);
        Assert.Equal((4007, "operator: moved & gone"), ((int)meant.CloseStatus!, meant.CloseStatusDescription));
        await meant.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await SettleAsync(host, open: 1);
        Assert.Equal("operator", (string)Assert.Single(await ListAsync(host, "--closed"))!["outcome"]!);
        Assert.Equal("/other", (string)Assert.Single(await ListAsync(host))!["path"]!);
        var (code, _, notes) = await RunAsync(host, "close", id);
        Assert.Equal((1, $"wsingress connections: no socket {id} is open\n"), (code, notes));
    }

    [Fact]
    public async Task A_drain_closes_all_that_are_meant()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        var sockets = new List<ClientWebSocket>();
        for (var i = 0; i < 5; i++)
        {
            sockets.Add(await OpenAsync(host, $"/{i}"));
        }

        await SettleAsync(host, open: 5);
        Assert.Equal((0, "0 sockets are being closed\n", ""), await RunAsync(host, "drain", "--pod", "pod-b", "--window", "0"));
        Assert.Equal((0, "5 sockets are being closed\n", ""), await RunAsync(host, "drain", "--pod", "pod-a", "--window", "100ms", "--code", "1012"));

        foreach (var socket in sockets)
        {
            await socket.ReceiveAsync(new byte[16], CancellationToken.None);
            Assert.Equal((1012, "operator"), ((int)socket.CloseStatus!, socket.CloseStatusDescription));
            socket.Dispose();
        }
    }

    [Theory]
    [InlineData("close ID --code 1006", "code: '1006' cannot be used; allowed: 1000 to 1003, 1007 to 1014, 3000 to 4999")]
    [InlineData("close ID --code x", "code: 'x' cannot be used; allowed: 1000 to 4999")]
    [InlineData("drain", "nothing says which sockets: give one or more of namespace, ingress, service, pod, client, host, route, min-age, max-age")]
    [InlineData("drain --window 5s", "nothing says which sockets: give one or more of namespace, ingress, service, pod, client, host, route, min-age, max-age")]
    [InlineData("drain --pod a --window soon", "window: 'soon' cannot be used; allowed: a whole number and ms, s, m or h, such as 500ms, 30s, 5m or 1h")]
    [InlineData("list --client nobody", "client: 'nobody' cannot be used; allowed: an address, or a network such as 10.0.0.0/8")]
    [InlineData("list --limit 0", "limit: '0' cannot be used; allowed: 1 to 10000000")]
    [InlineData("drain --namespace EMPTY --min-age 0s", "namespace: '' cannot be used; allowed: one value that is not empty")]
    [InlineData("list --host EMPTY", "host: '' cannot be used; allowed: one value that is not empty")]
    public async Task What_cannot_be_used_is_named_with_what_is_allowed_and_closes_nothing(string arguments, string message)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var socket = await OpenAsync(host, "/");
        await SettleAsync(host, open: 1);
        var id = (string)(await ListAsync(host)).Single()!["id"]!;

        var (code, text, notes) = await RunAsync(host, [.. arguments.Split(' ').Select(word => word == "ID" ? id : word == "EMPTY" ? "" : word)]);

        Assert.Equal((2, "", $"wsingress connections: {message}\n"), (code, text, notes));
        Assert.Single(await ListAsync(host));
    }

    [Theory]
    [InlineData("GET", "/connections/ID/close", null, 405)]
    [InlineData("GET", "/connections/drain", null, 405)]
    [InlineData("POST", "/connections", null, 405)]
    [InlineData("DELETE", "/connections/ID", null, 405)]
    [InlineData("POST", "/connections/ID/close", "https://evil.example", 403)]
    [InlineData("POST", "/connections/drain?pod=pod-a", "http://127.0.0.1:9901", 403)]
    [InlineData("GET", "/connections/none", null, 404)]
    [InlineData("GET", "/connections/a/b/c", null, 404)]
    [InlineData("POST", "/connections/ID/burn", null, 404)]
    [InlineData("GET", "/connections?state=dead", null, 400)]
    [InlineData("GET", "/connections?window=5s", null, 400)]
    [InlineData("POST", "/connections/drain?pod=pod-a&ingres=chat", null, 400)]
    [InlineData("POST", "/connections/drain?pod=pod-a&namespace=shop&namespace=default", null, 400)]
    [InlineData("POST", "/connections/drain?pod=pod-a&namespace", null, 400)]
    [InlineData("POST", "/connections/ID/close?cod=1012", null, 400)]
    [InlineData("POST", "/connections/ID/tap?payload=true&payload=true", null, 400)]
    public async Task The_admin_API_changes_nothing_by_GET_nothing_for_a_web_page_and_nothing_by_a_slip(string method, string path, string? origin, int status)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var socket = await OpenAsync(host, "/");
        await SettleAsync(host, open: 1);
        var id = (string)(await ListAsync(host)).Single()!["id"]!;
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{host.Bound.Admin}{path.Replace("ID", id, StringComparison.Ordinal)}");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Single(await ListAsync(host));
    }

    [Fact]
    public async Task Without_a_running_process_the_command_says_so()
    {
        using var port = HeldPort.Take();
        var run = new CliRun { Connections = ConnectionInventory.RunAsync };

        Assert.Equal(1, await run.InvokeAsync("connections", "list", "--admin", $"127.0.0.1:{port.Number}"));
        Assert.Contains($"no admin API answers at 127.0.0.1:{port.Number}", run.Notes, StringComparison.Ordinal);
        Assert.Contains("is wsingress running?", run.Notes, StringComparison.Ordinal);
    }

    private static async Task<ClientWebSocket> OpenAsync(TestHost host, string path) => await host.ConnectAsync(path);

    private static Task SettleAsync(TestHost host, int open) => TestHost.UntilAsync(async () => (await ListAsync(host)).Count == open);

    private static async Task<JsonArray> ListAsync(TestHost host, params string[] filter) =>
        JsonNode.Parse((await RunAsync(host, ["list", "-o", "json", .. filter])).Text)!["connections"]!.AsArray();

    private static async Task<(int Code, string Text, string Notes)> RunAsync(TestHost host, params string[] arguments)
    {
        var run = new CliRun { Connections = ConnectionInventory.RunAsync };
        var code = await run.InvokeAsync(["connections", .. arguments, "--admin", $"{host.Bound.Admin}"]);
        return (code, run.Output, run.Notes.ReplaceLineEndings("\n"));
    }
}
