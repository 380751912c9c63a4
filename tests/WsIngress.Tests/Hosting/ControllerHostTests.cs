using System.Net.WebSockets;
using WsIngress.ApiServer;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>The whole product over an API server: what is served, what is said while it is not, and what never ends a socket.</summary>
public sealed class ControllerHostTests
{
    [Fact]
    public async Task It_serves_the_Ingresses_of_a_cluster_and_follows_every_change()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        TestController.Publish(server, pod);
        await using var controller = await TestController.StartAsync(server);
        Assert.Equal(200, await controller.StatusAsync("chat.test"));

        server.Apply(TestController.Ingress("api"));
        server.Apply(TestController.Service("api"));
        server.Apply(TestController.Slice("api", pod));
        await TestHost.UntilAsync(async () => await controller.StatusAsync("api.test") == 200);

        server.Delete("endpointslices", "default", "api-1");
        await TestHost.UntilAsync(async () => await controller.StatusAsync("api.test") == 503);

        server.Delete("ingresses", "default", "api");
        await TestHost.UntilAsync(async () => await controller.StatusAsync("api.test") == 404);
        Assert.Equal(200, await controller.StatusAsync("chat.test"));
    }

    [Fact]
    public async Task Nothing_of_the_API_server_ends_a_socket()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        TestController.Publish(server, pod);
        server.Backup();
        await using var controller = await TestController.StartAsync(server);
        using var socket = await controller.ConnectAsync();

        server.Faults.CutWatches();
        await server.WaitForWatchersAsync("ingresses");
        server.Compact();
        server.Faults.EndWatches();
        await server.WaitForWatchersAsync("ingresses");
        await server.RestartAsync(down: TimeSpan.FromMilliseconds(300));
        server.Apply(TestController.Ingress("gone"));
        await server.RestartAsync(lowerRevision: true);

        // Until it is asked, nobody can know that it went back: with one more object it would be at the very revision that was seen.
        await server.WaitForWatchersAsync("ingresses", timeout: TimeSpan.FromSeconds(60));
        server.Apply(TestController.Ingress("later"));
        await TestHost.UntilAsync(async () => await controller.StatusAsync("later.test") == 503);

        Assert.Equal(404, await controller.StatusAsync("gone.test"));
        Assert.Equal(200, await controller.StatusAsync("chat.test"));
        await socket.SendAsync("still"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.Equal(5, (await socket.ReceiveAsync(new byte[10], CancellationToken.None)).Count);
    }

    [Fact]
    public async Task While_the_API_server_is_away_at_the_start_it_is_not_ready_and_says_what_it_waits_for()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        TestController.Publish(server, pod);
        server.Faults.Fail(403, kind: "services");
        await using var controller = TestController.Begin(server);

        await TestHost.UntilAsync(async () => (await controller.ReadyAsync()).Text.Contains("the right is missing to list services (API group \"\") in all namespaces", StringComparison.Ordinal));
        Assert.Equal(503, (await controller.ReadyAsync()).Status);

        server.Faults.Clear();
        await TestHost.UntilAsync(async () => (await controller.ReadyAsync()).Status == 200);
    }

    [Fact]
    public async Task A_start_while_the_API_server_refuses_connections_waits_says_so_and_serves_once_it_is_there()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        TestController.Publish(server, pod);
        await server.GoDownAsync();
        await using var controller = TestController.Begin(server);

        await TestHost.UntilAsync(async () => (await controller.ReadyAsync()).Text.Contains($"{server.Address.ToString().TrimEnd('/')} cannot be reached: Connection refused", StringComparison.Ordinal));
        Assert.Equal(503, (await controller.ReadyAsync()).Status);

        await server.ComeUpAsync();
        await TestHost.UntilAsync(async () => (await controller.ReadyAsync()).Status == 200);
    }

    [Fact]
    public async Task While_the_API_server_is_away_later_it_stays_ready_serves_on_and_shows_the_age()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        TestController.Publish(server, pod);
        await using var controller = await TestController.StartAsync(server);

        // A watch is open at the server a moment before its reader knows.
        await TestHost.UntilAsync(async () => (await controller.MetricsAsync()).Contains("wsingress_config_snapshot_age_seconds 0\n", StringComparison.Ordinal));

        server.Faults.Fail(503);
        server.Faults.CutWatches();
        await TestHost.UntilAsync(async () => !(await controller.MetricsAsync()).Contains("wsingress_config_snapshot_age_seconds 0\n", StringComparison.Ordinal));
        Assert.Equal(200, (await controller.ReadyAsync()).Status);
        Assert.Equal(200, await controller.StatusAsync("chat.test"));

        server.Faults.Clear();
        await TestHost.UntilAsync(async () => (await controller.MetricsAsync()).Contains("wsingress_config_snapshot_age_seconds 0\n", StringComparison.Ordinal));
        Assert.Contains("wsingress_source_failures_total{kind=\"ingresses\",code=\"0\"} 1", await controller.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shutdown_is_not_ready_at_once_and_takes_new_connections_for_the_deregistration_delay()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        TestController.Publish(server, pod);
        await using var controller = await TestController.StartAsync(server, o => o with { Server = o.Server with { DeregistrationDelay = TimeSpan.FromSeconds(1) } });
        using var before = await controller.ConnectAsync();

        var stopping = controller.StopAsync();
        await TestHost.UntilAsync(async () => (await controller.ReadyAsync()).Status == 503);
        using var late = await controller.ConnectAsync();
        Assert.Contains("wsingress_drain_remaining_connections 2", await controller.MetricsAsync(), StringComparison.Ordinal);

        foreach (var socket in new[] { before, late })
        {
            var end = await socket.ReceiveAsync(new byte[10], CancellationToken.None);
            Assert.Equal((WebSocketCloseStatus.EndpointUnavailable, "proxy-shutdown"), (end.CloseStatus, end.CloseStatusDescription));
        }

        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task A_kubeconfig_that_cannot_be_used_ends_it_with_exit_code_1()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var controller = TestController.Begin(server, o => o with { Context = "none" });

        Assert.Equal(1, await controller.StopAsync());
    }
}
