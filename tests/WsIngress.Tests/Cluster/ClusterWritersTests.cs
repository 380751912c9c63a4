using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Cluster.Events;
using WsIngress.Store;
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
            new AccessRule(["patch"], "networking.k8s.io", "ingresses/status"),
            new AccessRule(["create"], "coordination.k8s.io", "leases", "ops"),
            new AccessRule(["get", "update"], "coordination.k8s.io", "leases", "ops", "wsingress-leader"),
            new AccessRule(["create", "patch"], "events.k8s.io", "events"));
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var writers = Replica(board, "pod-0");
        _ = board.Run(writers.RunAsync);
        await Eventually.True(() => writers.Status.Written == 1 && writers.Events.Sent == 1);
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

    private static ClusterWriters Replica(Board board, string name, bool clear = false) => new(
        board.Api,
        new() { Namespace = "ops", Name = "wsingress-leader", Identity = name },
        new() { Addresses = ["203.0.113.7"], ClearOnShutdown = clear },
        new EventOptions { Controller = "wsingress.io/ingress-controller", Instance = name, Settle = TimeSpan.Zero },
        board.Sync,
        board.Time,
        NullLoggerFactory.Instance);

    private sealed class NoTable : ITableSink
    {
        public void Publish(TranslationResult result, long asOf)
        {
        }
    }
}
