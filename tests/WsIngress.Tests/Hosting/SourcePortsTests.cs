using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Prometheus;
using WsIngress.Cluster.Events;
using WsIngress.Telemetry;
using WsIngress.Tests.Cluster;
using WsIngress.Tests.Proxy;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>Source ports toward a pod, with a range of twenty.</summary>
public sealed class SourcePortsTests : IAsyncLifetime
{
    private readonly RecordingLogger<object> _log = new();
    private readonly List<SourcePortUse> _told = [];
    private readonly Stack<ClientWebSocket> _sockets = [];
    private string? _range = "40000\t40019\n";
    private TestPod _pod = null!;
    private TestProxy _proxy = null!;
    private SourcePorts _ports = null!;

    public async ValueTask InitializeAsync()
    {
        _pod = await TestPod.StartAsync();
        _proxy = await TestProxy.ToAsync(_pod);
        _ports = new(() => _proxy.Plane.Tables.Backends, () => _range, _log, _told.Add);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        await _proxy.DisposeAsync();
        await _pod.DisposeAsync();
    }

    [Fact]
    public async Task Eight_tenths_are_told_once_and_again_after_there_was_relief()
    {
        await OpenAsync(15);
        _ports.Check();
        Assert.Empty(_told);

        await OpenAsync(16);
        _ports.Check();
        _ports.Check();
        var use = Assert.Single(_told);
        Assert.Equal(("default", "echo", "pod-a", $"127.0.0.1:{_pod.Port}", 16, 20, 0.8), (use.Namespace, use.Service, use.Pod, use.Address, use.Used, use.Range, use.Ratio));
        Assert.Contains($"toward pod pod-a (127.0.0.1:{_pod.Port}) of Service default/echo: 16 of 20 are in use", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);

        await OpenAsync(15);
        _ports.Check();
        await OpenAsync(17);
        _ports.Check();
        Assert.Single(_told);

        await OpenAsync(13);
        _ports.Check();
        await OpenAsync(16);
        _ports.Check();
        Assert.Equal(2, _told.Count);
    }

    [Fact]
    public async Task The_fullest_pod_of_a_Service_is_a_series_from_a_hundredth_on()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var metrics = new SourcePortMetrics(registry);
        metrics.Collect(_ports);
        Assert.Empty(await SeriesAsync(registry));

        await OpenAsync(16);
        metrics.Collect(_ports);
        Assert.Equal(["wsingress_source_ports_used_ratio{namespace=\"default\",service=\"echo\"} 0.8"], await SeriesAsync(registry));

        await OpenAsync(0);
        metrics.Collect(_ports);
        Assert.Empty(await SeriesAsync(registry));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("40000")]
    [InlineData("40019 40000")]
    [InlineData("a b")]
    public async Task Without_a_range_nothing_is_said(string? range)
    {
        await OpenAsync(1);
        _range = range;
        _ports.Check();

        Assert.Empty(_ports.Fullest());
        Assert.Empty(_told);
    }

    [Fact]
    public void The_range_of_this_machine_is_known() => Assert.True(!OperatingSystem.IsLinux() || SourcePorts.ReadRange() is { Length: > 2 });

    [Fact]
    public async Task An_Event_on_the_Service_names_the_pod()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(new k8s.Models.V1Service { Metadata = new() { Name = "echo", NamespaceProperty = "default" }, Spec = new() });
        board.Tell();
        var options = new EventOptions { Controller = "wsingress.io/ingress-controller", Instance = "wsingress-0" };
        var sender = new EventSender(board.Api, options, board.Time, board.Log);
        var events = new HandshakeEvents(sender, options, board.Sync, board.Time, board.Log);
        _ = board.Run(events.RunAsync);

        events.SourcePortsLow(new("default", "echo", "echo-0", "10.0.0.7:80", 22586, 28232));

        await Eventually.True(() => sender.Sent == 1);
        var posted = JsonNode.Parse(Assert.Single(board.Sent("create", "events")).Body)!;
        Assert.Equal(("SourcePortsLow", "Connect", "Service", "echo"), ((string?)posted["reason"], (string?)posted["action"], (string?)posted["regarding"]!["kind"], (string?)posted["regarding"]!["name"]));
        Assert.Equal(
            "Service echo: pod echo-0 (10.0.0.7:80) holds eight tenths of the 28232 source ports of a replica of this ingress; at the end of them it gets no connection any more", (string?)posted["note"]);
    }

    /// <summary>Opens or closes until so many are open.</summary>
    private async Task OpenAsync(int count)
    {
        while (_sockets.Count < count)
        {
            _sockets.Push(await _proxy.ConnectAsync());
        }

        while (_sockets.Count > count)
        {
            var socket = _sockets.Pop();
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            socket.Dispose();
        }

        await TestHost.UntilAsync(() => Task.FromResult(_proxy.Plane.Tables.Backends.Single().Endpoints.Single().State.Load == count));
    }

    private static async Task<string[]> SeriesAsync(CollectorRegistry registry)
    {
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text);
        return [.. System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n').Where(line => line.Length > 0 && line[0] != '#')];
    }
}
