using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Cluster.Events;
using WsIngress.Store;
using WsIngress.Tests.Cluster.Events;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>All writers together, over one server.</summary>
public sealed class ClusterWritersTests
{
    [Fact]
    public async Task Of_two_replicas_one_writes_and_when_it_ends_the_other_goes_on()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var first = Replica.Start(board, "pod-0");
        await Eventually.True(() => first.Writers.IsLeader && first.Writers.Status.Written == 1 && first.Writers.Events.Sent == 1);
        var second = Replica.Start(board, "pod-1");
        for (var i = 0; i < 60; i++)
        {
            board.Tell();
            await board.CalmAsync();
            board.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(second.Writers.IsLeader);
        Assert.Single(board.Sent("patch", "ingresses"));
        Assert.Single(board.Sent("create", "events"));

        first.Stop();
        await first.Running;
        Assert.Equal("", (string?)board.Server.Get("leases", "ops", "wsingress-leader")!["spec"]!["holderIdentity"]);
        await second.LeadsAsync();
        board.Server.Apply(Board.Ingress("later"));
        board.Tell();
        await Eventually.True(() => second.Writers.Status.Written == 1);
        Assert.Equal(["203.0.113.7"], board.Has("later"));
    }

    [Fact]
    public async Task With_nothing_to_write_it_keeps_the_one_term_and_gives_it_back_at_the_end()
    {
        await using var board = await Board.StartAsync();
        board.Tell();
        var replica = Replica.Start(board, status: new() { Enabled = false }, events: false);
        await replica.LeadsAsync();
        for (var i = 0; i < 30; i++)
        {
            await board.CalmAsync();
            board.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(replica.Writers.IsLeader);
        Assert.Single(replica.Log.Of(5200));
        Assert.Empty(replica.Log.Of(5203));
        Assert.Equal(0, (int)board.Server.Get("leases", "ops", "wsingress-leader")!["spec"]!["leaseTransitions"]!);
        await replica.EndAsync();
        Assert.Single(replica.Log.Of(5203));
    }

    /// <summary>The head of the answer has come, so no wait for an answer ends it.</summary>
    [Theory]
    [InlineData("stalls")]
    [InlineData("is cut")]
    public async Task An_answer_that_ends_in_the_middle_ends_no_writer(string fault)
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var replica = Replica.Start(board);
        await Eventually.True(() => replica.Writers.Status.Written == 1 && replica.Writers.Events.Sent == 1);
        Break();
        board.Server.Apply(Board.Ingress("second"));
        board.Tell();
        replica.Writers.Telemetry.HandshakeCompleted(HandshakeEventsTests.Refused("web"));
        await board.PassAsync(() => !replica.Writers.IsLeader, TimeSpan.FromSeconds(1));

        board.Server.Faults.Clear();
        await replica.LeadsAsync();
        board.Server.Apply(Board.Ingress("third"));
        board.Tell();
        await board.PassAsync(() => board.Has("second").Length == 1 && board.Has("third").Length == 1, TimeSpan.FromSeconds(1));
        await board.PassAsync(() => board.Server.List("events").Count == 4, TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(replica.Log.Lines, line => line.Id is 5209 or 5210 or 5309 or 5403);

        void Break()
        {
            if (fault == "stalls")
            {
                board.Server.Faults.StallAnswers();
            }
            else
            {
                board.Server.Faults.CutAnswers();
            }
        }
    }

    [Fact]
    public async Task A_failure_that_nobody_foresaw_ends_no_writer()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var clock = new FailingClock(board.Time);
        var replica = Replica.Start(board, time: clock);
        await Eventually.True(() => replica.Writers.Status.Written == 1 && replica.Writers.Events.Sent == 1);
        clock.IsBroken = true;
        board.Server.Apply(Board.Ingress("second"));
        board.Tell();
        replica.Writers.Telemetry.HandshakeCompleted(HandshakeEventsTests.Refused("web"));
        await board.PassAsync(() => replica.Log.Of(5210).Length >= 1 && replica.Log.Of(5309).Length >= 1 && replica.Log.Of(5403).Length >= 2, TimeSpan.FromSeconds(1));

        clock.IsBroken = false;
        await replica.LeadsAsync();
        await board.PassAsync(() => board.Has("second").Length == 1, TimeSpan.FromSeconds(1));
        await board.PassAsync(() => board.Server.List("events").Count == 3, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task The_rights_that_the_chart_gives_are_enough()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ops"}}""");
        board.Server.Access.Set(
            "admin",
            "system:serviceaccount:ops:wsingress",
            new AccessRule(["patch"], "networking.k8s.io", "ingresses/status"),
            new AccessRule(["create"], "coordination.k8s.io", "leases", "ops"),
            new AccessRule(["get", "update"], "coordination.k8s.io", "leases", "ops", "wsingress-leader"),
            new AccessRule(["create", "patch"], "events.k8s.io", "events"));
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var replica = Replica.Start(board);
        await Eventually.True(() => replica.Writers.Status.Written == 1 && replica.Writers.Events.Sent == 1);
        await board.StopAsync();
        Assert.All(board.Server.Requests, request => Assert.True(request.Status is >= 200 and < 300 or 404, request.ToString()));
    }

    [Fact]
    public async Task Over_true_watches_each_Ingress_is_written_once_and_keeps_its_addresses()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(Board.Class("wsingress", "wsingress.io/ingress-controller"));
        server.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ops"}}""");
        server.Apply(new V1Service
        {
            Metadata = new() { Name = "edge", NamespaceProperty = "ops" },
            Spec = new() { Type = "LoadBalancer", ClusterIP = "10.0.0.9", ExternalIPs = ["192.0.2.44"], Ports = [new() { Port = 80, Protocol = "TCP" }] },
            Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = "203.0.113.7", Ports = [new() { Port = 80, Protocol = "TCP" }] }] } },
        });
        var moved = Board.Ingress("moved");
        moved.Metadata.Annotations = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/proxy-read-timeout"] = "3600" };
        server.Apply(moved);
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        var sync = new SyncState();
        var sources = ApiServerSources.Create(api, new(), TranslationOptions.Default, TimeProvider.System, NullLoggerFactory.Instance, ClusterRig.Quick);
        var loop = new SyncLoop(
            sources.All, snapshot => Translator.Translate(snapshot, TranslationOptions.Default), new NoTable(), sync, TimeProvider.System, NullLogger<SyncLoop>.Instance);
        var writers = new ClusterWriters(
            api,
            new() { Namespace = "ops", Name = "wsingress-leader", Identity = "pod-0" },
            new() { PublishService = new("ops", "edge") },
            new EventOptions { Controller = "wsingress.io/ingress-controller", Instance = "pod-0", Settle = TimeSpan.Zero },
            sync,
            TimeProvider.System,
            NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(writers.RunAsync(stop.Token), loop.RunAsync(stop.Token));
        for (var i = 0; i < 20; i++)
        {
            server.Apply(Board.Ingress($"web-{i}"));
            await Eventually.True(() => writers.Status.Written >= i + 2);
        }

        await Eventually.True(() => sync.Current.Snapshot!.Ingresses.All(ingress => ingress.Status?.LoadBalancer?.Ingress?.Count == 2));
        await stop.CancelAsync();
        await running;
        Assert.Equal(21, server.Requests.Count(request => request.Verb == "patch" && request.Kind == "ingresses" && request.Status == 200));
        Assert.Contains("192.0.2.44", server.Get("ingresses", "default", "web-19")!["status"]!.ToJsonString());
        Assert.Contains("\"ports\":[{\"port\":80", server.Get("ingresses", "default", "web-19")!["status"]!.ToJsonString());
        Assert.Contains(server.List("events"), sent => (string?)sent["reason"] == "ForeignAnnotation" && (string?)sent["regarding"]!["name"] == "moved");
    }

    private sealed class NoTable : ITableSink
    {
        public void Publish(TranslationResult result, long asOf)
        {
        }
    }

    /// <summary>A clock that cannot be read while it is broken; its timers go on.</summary>
    private sealed class FailingClock(TimeProvider inner) : TimeProvider
    {
        public bool IsBroken { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => IsBroken ? throw new InvalidOperationException("the clock is broken") : inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => IsBroken ? throw new InvalidOperationException("the clock is broken") : inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }
}
