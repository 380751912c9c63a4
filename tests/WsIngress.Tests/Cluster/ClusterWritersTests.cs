using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Cluster;
using WsIngress.Cluster.Events;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>All writers together, over one server.</summary>
public sealed class ClusterWritersTests
{
    [Fact]
    public async Task Of_two_replicas_one_writes_and_when_it_ends_the_other_goes_on()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ops"}}""");
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        using var stop = new CancellationTokenSource();
        var first = Replica(board, "pod-0");
        var running = first.RunAsync(stop.Token);
        await Eventually.True(() => first.IsLeader && first.Status.Written == 1 && first.Events.Sent == 1);
        var second = Replica(board, "pod-1");
        _ = board.Run(second.RunAsync);
        for (var i = 0; i < 60; i++)
        {
            board.Tell();
            await board.CalmAsync();
            board.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(second.IsLeader);
        Assert.Single(board.Sent("patch", "ingresses"));
        Assert.Single(board.Sent("create", "events"));

        await stop.CancelAsync();
        await running;
        Assert.Equal("", (string?)board.Server.Get("leases", "ops", "wsingress-leader")!["spec"]!["holderIdentity"]);
        await board.PassAsync(() => second.IsLeader, TimeSpan.FromMilliseconds(200));
        board.Server.Apply(Board.Ingress("later"));
        board.Tell();
        await Eventually.True(() => second.Status.Written == 1);
        Assert.Equal(["203.0.113.7"], board.Has("later"));
    }

    [Fact]
    public async Task At_the_end_the_status_is_cleared_before_the_Lease_is_released()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ops"}}""");
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var writers = Replica(board, "pod-0", clear: true);
        _ = board.Run(writers.RunAsync);
        await Eventually.True(() => writers.Status.Written == 1 && writers.Events.Sent == 1);
        board.Server.ClearRequests();
        await board.StopAsync();
        Assert.Equal(["PATCH ingresses", "PUT leases"], board.Server.Requests.Select(request => $"{request.Method} {request.Kind}"));
        Assert.Empty(board.Has("web"));
        Assert.False(writers.IsLeader);
    }

    [Fact]
    public async Task The_rights_that_the_chart_gives_are_enough()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ops"}}""");
        board.Server.Access.Set(
            "admin",
            "system:serviceaccount:ops:wsingress",
            new WsIngress.ApiServer.AccessRule(["patch"], "networking.k8s.io", "ingresses/status"),
            new WsIngress.ApiServer.AccessRule(["create"], "coordination.k8s.io", "leases", "ops"),
            new WsIngress.ApiServer.AccessRule(["get", "update"], "coordination.k8s.io", "leases", "ops", "wsingress-leader"),
            new WsIngress.ApiServer.AccessRule(["create", "patch"], "events.k8s.io", "events"));
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var writers = Replica(board, "pod-0");
        _ = board.Run(writers.RunAsync);
        await Eventually.True(() => writers.Status.Written == 1 && writers.Events.Sent == 1);
        await board.StopAsync();
        Assert.All(board.Server.Requests, request => Assert.True(request.Status is >= 200 and < 300 or 404, request.ToString()));
    }

    private static ClusterWriters Replica(Board board, string name, bool clear = false) => new(
        board.Api,
        new() { Namespace = "ops", Name = "wsingress-leader", Identity = name },
        new() { Addresses = ["203.0.113.7"], ClearOnShutdown = clear },
        new EventOptions { Controller = "wsingress.io/ingress-controller", Instance = name },
        board.Sync,
        board.Time,
        NullLoggerFactory.Instance);
}
