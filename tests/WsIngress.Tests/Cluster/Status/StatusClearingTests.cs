using k8s.Models;
using WsIngress.Cluster;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster.Status;

/// <summary>The last replica takes the addresses away again, if asked, and no other does.</summary>
public sealed class StatusClearingTests
{
    private static readonly StatusOptions Clearing = new() { Addresses = [Replica.Address], ClearOnShutdown = true };

    [Fact]
    public async Task The_last_replica_gives_the_Lease_back_waits_takes_it_again_and_clears()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Class("nginx", "k8s.io/ingress-nginx"));
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(Board.Ingress("foreign", "nginx", has: [new() { Ip = Replica.Address }]));
        board.Tell();
        var replica = Replica.Start(board, status: Clearing, events: false);
        await Eventually.True(() => replica.Writers.Status.Written == 1);
        board.Server.ClearRequests();
        await replica.EndAsync();

        Assert.Equal(
            ["PUT leases", "GET leases", "PUT leases", "PATCH ingresses", "PUT leases"],
            board.Server.Requests.Select(request => $"{request.Method} {request.Kind}"));
        Assert.Equal("", (string?)board.Server.Get("leases", "ops", "wsingress-leader")!["spec"]!["holderIdentity"]);
        Assert.Empty(board.Has("web"));
        Assert.Equal([Replica.Address], board.Has("foreign"));
        Assert.False(replica.Writers.IsLeader);
        Assert.Single(replica.Log.Of(5307));
    }

    [Fact]
    public async Task Without_being_asked_it_leaves_them_and_does_not_wait()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var replica = Replica.Start(board, status: Clearing with { ClearOnShutdown = false }, events: false);
        await Eventually.True(() => replica.Writers.Status.Written == 1);
        replica.Stop();
        await replica.Running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal([Replica.Address], board.Has("web"));
    }

    [Fact]
    public async Task In_a_rolling_update_nothing_is_cleared_and_after_it_the_last_one_clears()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var old = Replica.Start(board, "old", Clearing, events: false);
        await Eventually.True(() => old.Writers.Status.Written == 1);
        board.Tell();
        var next = Replica.Start(board, "new", Clearing, events: false);
        await board.PassAsync(() => next.Log.Of(5201).Length == 1, TimeSpan.FromMilliseconds(200));

        await old.EndAsync();
        Assert.True(next.Writers.IsLeader);
        Assert.Contains("new leads now", Assert.Single(old.Log.Of(5211)));
        Assert.Single(board.Sent("patch", "ingresses"));
        Assert.Equal([Replica.Address], board.Has("web"));

        await next.EndAsync();
        Assert.Empty(board.Has("web"));
    }

    [Fact]
    public async Task Of_replicas_that_end_together_one_clears()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        Replica[] all = [Replica.Start(board, "a", Clearing, events: false), Replica.Start(board, "b", Clearing, events: false)];
        await Eventually.True(() => all.Any(one => one.Writers.Status.Written == 1));
        board.Tell();
        Array.ForEach(all, one => one.Stop());
        await board.PassAsync(() => all.All(one => one.Running.IsCompleted), TimeSpan.FromMilliseconds(200));
        Assert.Empty(board.Has("web"));
        Assert.Equal(2, board.Sent("patch", "ingresses").Length);
    }

    [Fact]
    public async Task A_replica_that_has_no_Lease_clears_at_once()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var replica = Replica.Start(board, status: Clearing, events: false, election: false);
        await Eventually.True(() => replica.Writers.Status.Written == 1);
        replica.Stop();
        await replica.Running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Empty(board.Has("web"));
    }

    /// <summary>As Helm uninstalls: what the addresses and the class came from is deleted before the pods end.</summary>
    [Fact]
    public async Task Though_Service_and_IngressClass_are_gone_it_clears_what_it_wrote()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(new V1Service
        {
            Metadata = new() { Name = "edge", NamespaceProperty = "ops" },
            Spec = new() { Type = "LoadBalancer", ClusterIP = "10.0.0.9", Ports = [new() { Port = 80, Protocol = "TCP" }] },
            Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = Replica.Address }] } },
        });
        board.Tell();
        var replica = Replica.Start(board, status: new() { PublishService = new("ops", "edge"), ClearOnShutdown = true }, events: false);
        await Eventually.True(() => replica.Writers.Status.Written == 1);
        board.Tell();

        board.Server.Delete("services", "ops", "edge");
        board.Server.Delete("ingressclasses", null, "wsingress");
        board.Tell();
        await board.CalmAsync();
        Assert.Equal([Replica.Address], board.Has("web"));
        await replica.EndAsync();
        Assert.Empty(board.Has("web"));
    }

    [Fact]
    public async Task An_Ingress_that_changed_meanwhile_is_read_once_and_cleared_if_it_still_has_our_addresses()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("labelled"));
        board.Server.Apply(Board.Ingress("taken"));
        board.Tell();
        var replica = Replica.Start(board, status: Clearing, events: false);
        await Eventually.True(() => replica.Writers.Status.Written == 2);
        board.Tell();

        // The watches do not bring this any more.
        var labelled = board.Server.Get<V1Ingress>("ingresses", "default", "labelled")!;
        labelled.Metadata.Labels = new Dictionary<string, string> { ["changed"] = "yes" };
        board.Server.Apply(labelled);
        board.Server.Apply(Board.Ingress("taken", has: [new() { Ip = "198.51.100.1" }]));
        board.Server.ClearRequests();
        await replica.EndAsync();

        Assert.Empty(board.Has("labelled"));
        Assert.Equal(["198.51.100.1"], board.Has("taken"));
        Assert.Equal(2, board.Sent("list", "ingresses").Length);
        Assert.Equal([200, 409, 409], board.Sent("patch", "ingresses").Select(sent => sent.Status).Order());
    }

    [Fact]
    public async Task What_there_was_no_time_for_is_told_and_the_end_is_in_time()
    {
        await using var board = await Board.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        board.Tell();
        var replica = Replica.Start(board, status: Clearing with { ClearLimit = TimeSpan.FromSeconds(20) }, events: false);
        await Eventually.True(() => replica.Writers.Status.Written == 5);
        board.Tell();
        board.Server.Faults.Fail(503, kind: "ingresses", verb: "patch");
        var began = board.Time.GetTimestamp();
        await replica.EndAsync();

        Assert.InRange(board.Time.GetElapsedTime(began), TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(21));
        Assert.Contains("5 of 5 Ingresses keep their addresses", Assert.Single(replica.Log.Of(5308)));
        Assert.Equal("", (string?)board.Server.Get("leases", "ops", "wsingress-leader")!["spec"]!["holderIdentity"]);
    }

    [Fact]
    public async Task A_server_that_fails_for_a_moment_is_asked_again()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var replica = Replica.Start(board, status: Clearing, events: false);
        await Eventually.True(() => replica.Writers.Status.Written == 1);
        board.Tell();
        board.Server.Faults.Fail(503, times: 2, kind: "ingresses", verb: "patch");
        await replica.EndAsync();
        Assert.Empty(board.Has("web"));
        Assert.Empty(replica.Log.Of(5308));
    }
}
