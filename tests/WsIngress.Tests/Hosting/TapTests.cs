using System.Net;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Admin;
using WsIngress.Hosting;
using WsIngress.Telemetry;
using WsIngress.Tests.Cli;
using WsIngress.Tests.Proxy;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary><c>wsingress connections tap</c>, over the admin API of a data plane.</summary>
public sealed class TapTests : IAsyncLifetime
{
    private readonly RecordingLogger<object> _log = new();
    private TestPod _pod = null!;
    private TestProxy _proxy = null!;
    private SideServer _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _pod = await TestPod.StartAsync();
        _proxy = await TestProxy.ToAsync(_pod);
        var endpoints = new ConnectionEndpoints(_proxy.Plane, new ClosedSockets(TimeProvider.System), TimeProvider.System, _log);
        _admin = await SideServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NullLoggerFactory.Instance, endpoints.Map, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _proxy.DisposeAsync();
        await _pod.DisposeAsync();
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task Frames_are_shown_live_until_the_socket_ends(WsVia via)
    {
        using var socket = await OpenAsync(via);
        var run = Run();
        var tap = run.InvokeAsync("connections", "tap", Id, "--admin", $"{_admin.EndPoint}", "-o", "json");
        await TestHost.UntilAsync(() => Task.FromResult(run.Output.Contains("\"event\":\"tap\"", StringComparison.Ordinal)));
        await SayAsync(socket, "hello");
        await TestHost.UntilAsync(() => Task.FromResult(run.Events.Count == 3));
        await socket.CloseAsync((WebSocketCloseStatus)4001, "bye", CancellationToken.None);

        Assert.Equal(0, await tap);
        var lines = run.Events.Where(e => (string)e["event"]! == "frame").Select(e => $"{e["from"]}>{e["to"]} {e["opcode"]} {e["fin"]} {e["rsv"]} {e["masked"]} {e["length"]} {e["close"]?["code"]} {e["close"]?["reason"]}");
        Assert.Equal(
            ["client>backend text true 0 true 5  ", "backend>client text true 0 false 5  ", "client>backend close true 0 true 5 4001 bye", "backend>client close true 0 false 5 4001 bye"], lines);
        var end = run.Event("end");
        Assert.Equal(("socket-ended", "client-closed", 0), ((string)end["reason"]!, (string)end["outcome"]!, (int)end["dropped"]!));
        Assert.DoesNotContain("payload\":\"", run.Output, StringComparison.Ordinal);
        Assert.Contains(_log.Lines, line => line.Text.Contains($"Tap of socket {(string)run.Event("tap")["id"]!} for 30 s, frame headers alone, asked for by 127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Payload_is_shown_to_whoever_asks_for_it_and_the_log_says_who_did()
    {
        using var socket = await OpenAsync(WsVia.Http1);
        var run = Run();
        using var stop = new CancellationTokenSource();
        var tap = run.InvokeAsync(stop.Token, "connections", "tap", Id, "--payload", "--for", "10m", "--admin", $"{_admin.EndPoint}");
        await TestHost.UntilAsync(() => Task.FromResult(run.Output.Contains(", until ", StringComparison.Ordinal)));
        await SayAsync(socket, "secret \u001b[2J");
        await TestHost.UntilAsync(() => Task.FromResult(run.Output.Split("73 65 63 72 65 74").Length == 3));
        await stop.CancelAsync();

        Assert.Equal(0, await tap);
        Assert.Matches(@"\d\d:\d\d:\d\d\.\d\d\d  client>backend   text          FIN      masked  11 B\n +73 65 63 72 65 74 20 1b 5b 32 4a                 secret \.\[2J\n", run.Output);
        Assert.Contains(_log.Lines, line => line.Text.Contains(" for 600 s with payload, asked for by 127.0.0.1:", StringComparison.Ordinal));

        // Who leaves makes room for the next.
        var again = Run();
        await TestHost.UntilAsync(async () => await again.InvokeAsync("connections", "tap", Id, "--for", "1ms", "--admin", $"{_admin.EndPoint}") == 0);
        Assert.EndsWith("the time is up\n", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_one_tap_for_a_socket_and_eight_in_all()
    {
        var sockets = new List<ClientWebSocket>();
        for (var i = 0; i < 9; i++)
        {
            sockets.Add(await _proxy.ConnectAsync());
        }

        await TestHost.UntilAsync(() => Task.FromResult(_proxy.Plane.Sockets.Count == 9));
        string[] ids = [.. _proxy.Plane.Sockets.Select(session => session.Id)];
        using var stop = new CancellationTokenSource();
        var taps = new List<Task>();
        foreach (var id in ids.Take(8))
        {
            if (taps.Count == 1)
            {
                Assert.Contains("has another tap", await RefusedAsync(ids[0]), StringComparison.Ordinal);
            }

            var run = Run();
            taps.Add(run.InvokeAsync(stop.Token, "connections", "tap", id, "--admin", $"{_admin.EndPoint}"));
            await TestHost.UntilAsync(() => Task.FromResult(run.Output.Length > 0));
        }

        Assert.Contains("8 taps are on, which is the most", await RefusedAsync(ids[8]), StringComparison.Ordinal);
        await stop.CancelAsync();
        await Task.WhenAll(taps);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("--for 11m", 2, "for: '11m' cannot be used; allowed: up to 10m, as ")]
    [InlineData("--for 0", 2, "for: '0' cannot be used; allowed: up to 10m, as ")]
    [InlineData("--for soon", 2, "for: 'soon' cannot be used; allowed: up to 10m, as ")]
    public async Task What_cannot_be_used_is_named(string arguments, int expected, string message)
    {
        using var socket = await OpenAsync(WsVia.Http1);
        var run = Run();

        Assert.Equal(expected, await run.InvokeAsync(["connections", "tap", Id, "--admin", $"{_admin.EndPoint}", .. arguments.Split(' ')]));
        Assert.Contains(message, run.Notes, StringComparison.Ordinal);
        Assert.Contains("no socket none is open", await RefusedAsync("none"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", null, 405)]
    [InlineData("POST", "https://evil.example", 403)]
    public async Task No_web_page_can_tap(string method, string? origin, int status)
    {
        using var socket = await OpenAsync(WsVia.Http1);
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{_admin.EndPoint}/connections/{Id}/tap?payload=true");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    private string Id => _proxy.Plane.Sockets.Single().Id;

    private async Task<ClientWebSocket> OpenAsync(WsVia via)
    {
        var socket = await _proxy.ConnectAsync(via);
        await TestHost.UntilAsync(() => Task.FromResult(_proxy.Plane.Sockets.Count == 1));
        return socket;
    }

    private async Task<string> RefusedAsync(string id)
    {
        var run = Run();
        Assert.Equal(1, await run.InvokeAsync("connections", "tap", id, "--admin", $"{_admin.EndPoint}"));
        return run.Notes;
    }

    private static CliRun Run() => new() { Connections = ConnectionInventory.RunAsync };

    private static async Task SayAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        await socket.ReceiveAsync(new byte[100], CancellationToken.None);
    }
}
