using System.Net;
using System.Text.Json.Nodes;
using WsIngress.Cluster.Events;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster.Events;

public sealed class HandshakeEventsTests
{
    private static readonly EventOptions Options = new() { Controller = "wsingress.io/ingress-controller", Instance = "wsingress-0" };

    [Fact]
    public async Task A_pod_that_does_not_switch_protocols_is_told_once_and_then_counted()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var (events, sender) = Start(board);
        for (var i = 0; i < 500; i++)
        {
            events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 200));
        }

        await Eventually.True(() => sender.Sent == 1);
        var posted = JsonNode.Parse(Assert.Single(board.Sent("create", "events")).Body)!;
        Assert.Equal(("PodRefused", "Handshake"), ((string?)posted["reason"], (string?)posted["action"]));
        Assert.Equal("Service chat: a pod answered 200 and not 101 to a WebSocket handshake", (string?)posted["note"]);
        Assert.Equal("web", (string?)posted["regarding"]!["name"]);

        for (var i = 0; i < 500; i++)
        {
            events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 200));
        }

        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
        await board.PassAsync(() => sender.Sent == 2, TimeSpan.FromSeconds(4));
        Assert.Equal(1000, (int)board.Server.List("events").Single()["series"]!["count"]!);

        // Silence costs nothing.
        for (var i = 0; i < 20; i++)
        {
            board.Time.Advance(TimeSpan.FromMinutes(5));
            await board.CalmAsync();
        }

        Assert.Equal(2, board.Server.Requests.Count);
    }

    [Fact]
    public async Task Each_service_and_status_has_its_own()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var (events, sender) = Start(board);
        events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 200));
        events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 404));
        events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodProtocolError, 502, "the pod did not answer the handshake"));
        await Eventually.True(() => sender.Sent == 3);
        Assert.Contains(board.Server.List("events"), sent => (string?)sent["note"] == "Service chat: no valid answer to a WebSocket handshake: the pod did not answer the handshake");
    }

    [Theory]
    [InlineData(HandshakeRefusal.None, 101)]
    [InlineData(HandshakeRefusal.PodRefused, 401)]
    [InlineData(HandshakeRefusal.PodRefused, 403)]
    [InlineData(HandshakeRefusal.PodRefused, 429)]
    [InlineData(HandshakeRefusal.NoEndpoint, 503)]
    [InlineData(HandshakeRefusal.ClientGone, 499)]
    public async Task What_is_no_fault_of_the_pod_is_not_told(HandshakeRefusal refusal, int status)
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var (events, sender) = Start(board);
        events.HandshakeCompleted(Refused("web", refusal, status));
        events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 500));
        await Eventually.True(() => sender.Sent == 1);
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
    }

    [Fact]
    public async Task Nobody_waits_for_a_server_that_does_not_answer()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        board.Server.Faults.Delay(TimeSpan.FromHours(1), kind: "events");
        var (events, sender) = Start(board);
        events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 200));
        await Eventually.True(() => board.Server.Requests.Count == 1);
        for (var i = 0; i < 100_000; i++)
        {
            events.HandshakeCompleted(Refused("web", HandshakeRefusal.PodRefused, 200));
        }

        Assert.InRange(sender.Suppressed, 98_000, 99_500);
        await board.StopAsync();
    }

    private static (HandshakeEvents Events, EventSender Sender) Start(Board board)
    {
        var sender = new EventSender(board.Api, Options, board.Time, board.Log);
        var events = new HandshakeEvents(sender, Options, board.Sync, board.Time, board.Log);
        board.Run(events.RunAsync);
        return (events, sender);
    }

    /// <summary>A pod's answer to a handshake of the Ingress.</summary>
    internal static HandshakeFacts Refused(string ingress, HandshakeRefusal refusal = HandshakeRefusal.PodRefused, int status = 200, string? detail = null)
    {
        var route = new Route { Owner = new("default", ingress), Path = new(PathMatchKind.Prefix, "/") };
        var request = new RequestFacts
        {
            Id = "1",
            RequestId = "1",
            Method = "GET",
            Host = "web.test",
            Path = "/",
            Protocol = "HTTP/1.1",
            Scheme = "http",
            Client = IPAddress.Loopback,
            Route = new RouteState(route, [], null, 1),
        };
        return new(request, status, TimeSpan.Zero, refusal, "chat", "chat-1", "10.0.0.1:80", 1, detail);
    }
}
