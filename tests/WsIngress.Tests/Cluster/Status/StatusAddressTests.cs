using System.Text.Json.Nodes;
using k8s.Models;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster.Status;

/// <summary>Where the addresses of a status come from.</summary>
public sealed class StatusAddressTests
{
    [Fact]
    public async Task The_addresses_of_a_Service_are_taken_with_their_ports_when_its_load_balancer_has_them()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web", has: [new() { Ip = "198.51.100.1" }]));
        var service = new V1Service
        {
            Metadata = new() { Name = "edge", NamespaceProperty = "ops" },
            Spec = new() { Type = "LoadBalancer", ClusterIP = "10.0.0.9", ExternalIPs = ["192.0.2.44"], Ports = [new() { Name = "http", Port = 80, Protocol = "TCP" }] },
        };
        service.Spec.ExternalIPs = null;
        board.Server.Apply(service);
        var writer = StatusWriterTests.Start(board, new() { PublishService = new("ops", "edge") });
        board.Tell();
        await Eventually.True(() => board.Log.Of(5301).Length == 1);
        await board.CalmAsync();
        Assert.Empty(board.Server.Requests);
        Assert.Equal(["198.51.100.1"], board.Has("web"));

        service.Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = "203.0.113.7", IpMode = "VIP", Ports = [new() { Port = 443, Protocol = "TCP" }, new() { Port = 80, Protocol = "TCP" }] }, new() { Hostname = "lb.example.com" }] } };
        board.Server.Apply(service);
        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        Assert.Equal(
            """[{"hostname":"lb.example.com"},{"ip":"203.0.113.7","ports":[{"port":80,"protocol":"TCP"},{"port":443,"protocol":"TCP"}]}]""",
            JsonNode.Parse(board.Sent("patch", "ingresses")[0].Body)!["status"]!["loadBalancer"]!["ingress"]!.ToJsonString());
        board.Tell();
        await board.CalmAsync();
        Assert.Equal(1, writer.Written);
    }

    [Fact]
    public async Task A_Service_that_is_not_watched_is_read_now_and_then()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var service = new V1Service { Metadata = new() { Name = "edge", NamespaceProperty = "ops" }, Spec = new() { Type = "ClusterIP", ClusterIP = "10.0.0.9", Ports = [new() { Port = 80, Protocol = "TCP" }] } };
        board.Server.Apply(service);
        var writer = StatusWriterTests.Start(board, new() { PublishService = new("ops", "edge") });
        board.Tell(new()
        {
            Ingresses = [board.Server.Get<V1Ingress>("ingresses", "default", "web")!],
            IngressClasses = [board.Server.Get<V1IngressClass>("ingressclasses", "", "wsingress")!],
        });
        await Eventually.True(() => writer.Written == 1);
        Assert.Equal(["10.0.0.9"], board.Has("web"));
        Assert.Single(board.Sent("get", "services"));

        service.Spec.ExternalIPs = ["192.0.2.44"];
        board.Server.Apply(service);
        await board.PassAsync(() => writer.Written == 2, TimeSpan.FromSeconds(3));
        Assert.Equal(["192.0.2.44"], board.Has("web"));
        Assert.Equal(2, board.Sent("get", "services").Length);
    }

    /// <summary>To read it would need a right that is not given where Services are watched, and its refusal would be taken for the fault.</summary>
    [Fact]
    public async Task A_Service_that_would_be_watched_if_it_existed_is_named_and_not_read()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        StatusWriterTests.Start(board, new() { PublishService = new("ops", "egde"), IsPublishServiceWatched = true });
        board.Tell();
        await Eventually.True(() => board.Log.Of(5301).Length == 1);
        await board.CalmAsync();

        Assert.Empty(board.Server.Requests);
        Assert.Contains("Service ops/egde, which does not exist", board.Log.Of(5301)[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hosts_of_running_pods_are_taken_and_kept_when_none_runs()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var labels = new Dictionary<string, string> { ["app"] = "wsingress" };
        V1Pod Pod(string name, string phase, params string[] hosts) => new()
        {
            Metadata = new() { Name = name, NamespaceProperty = "ops", Labels = labels },
            Spec = new() { Containers = [new() { Name = "c", Image = "i" }] },
            Status = new() { Phase = phase, HostIP = hosts[0], HostIPs = [.. hosts.Select(host => new V1HostIP { Ip = host })] },
        };
        board.Server.Apply(Pod("a", "Running", "192.0.2.1", "2001:db8::1"));
        board.Server.Apply(Pod("b", "Pending", "192.0.2.2"));
        board.Server.Apply(new V1Pod { Metadata = new() { Name = "c", NamespaceProperty = "ops" }, Spec = new() { Containers = [new() { Name = "c", Image = "i" }] }, Status = new() { Phase = "Running", HostIP = "192.0.2.3" } });
        var writer = StatusWriterTests.Start(board, new() { PodSelector = "app=wsingress" });
        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        Assert.Equal(["192.0.2.1", "2001:db8::1"], board.Has("web"));

        board.Server.Delete("pods", "ops", "a");
        board.Tell();
        await board.PassAsync(() => board.Sent("list", "pods").Length == 2, TimeSpan.FromSeconds(3));
        await board.CalmAsync();
        Assert.Equal(1, writer.Written);
    }

    [Fact]
    public async Task Without_any_source_of_addresses_it_says_so_and_names_the_flags()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        StatusWriterTests.Start(board, new());
        board.Tell();
        await Eventually.True(() => board.Log.Of(5310).Length == 1);
        await board.CalmAsync();
        var told = Assert.Single(board.Log.Lines).Text;
        Assert.All(["--publish-service", "--publish-status-address", "--publish-pod-selector", "--update-status off"], flag => Assert.Contains(flag, told));
        Assert.Empty(board.Server.Requests);
    }
}
