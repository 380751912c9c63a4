using System.Net.WebSockets;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Hosting;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>The way to the API server that a pod is given, and its renewal under a running controller.</summary>
public sealed class PodFilesTests : IDisposable
{
    private static readonly FakeApiServerOptions Secure = new() { Tls = true };

    private readonly MountedFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_token_that_was_replaced_is_sent_with_the_next_request()
    {
        await using var server = await FakeApiServer.StartAsync(Secure);
        server.Access.Set("first", "pod", AccessRule.Everything);
        server.Access.Set("second", "pod", AccessRule.Everything);
        Swap(server, "first");
        using var api = new WsIngress.Cluster.ApiServer(new(Files(server), TimeProvider.System, NullLogger.Instance), TimeProvider.System);
        await ListAsync(api);

        Swap(server, "second");
        server.Access.Withdraw("first");
        await ListAsync(api);

        Assert.Equal(["first", "second"], server.Requests.Select(request => request.Token));
    }

    [Fact]
    public async Task An_IPv6_address_stands_in_brackets_and_is_reached()
    {
        await using var server = await FakeApiServer.StartAsync(Secure with { IPv6 = true });
        Swap(server);
        var files = Files(server);
        Assert.Equal($"https://[::1]:{server.Address.Port}", files.Load().Host);
        using var api = new WsIngress.Cluster.ApiServer(new(files, TimeProvider.System, NullLogger.Instance), TimeProvider.System);

        await ListAsync(api);
    }

    [Fact]
    public async Task A_new_authority_with_a_new_certificate_of_the_server_is_followed_and_ends_no_socket()
    {
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync(Secure);
        TestController.Publish(server, pod);
        Swap(server);
        await using var controller = await TestController.StartAsync(server, pod: Files(server));
        using var socket = await controller.ConnectAsync();

        server.RotateAuthority();
        await server.RestartAsync();
        Swap(server);
        server.Apply(TestController.Ingress("later"));
        await TestHost.UntilAsync(async () => await controller.StatusAsync("later.test") == 503);

        await socket.SendAsync("still"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.Equal(5, (await socket.ReceiveAsync(new byte[10], CancellationToken.None)).Count);
        Assert.DoesNotContain("wsingress_websocket_closed_total{", await controller.MetricsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIBcz")]
    public async Task A_half_written_authority_leaves_the_last_client_in_use(string half)
    {
        var clock = new FakeTimeProvider();
        await using var server = await FakeApiServer.StartAsync(Secure);
        Swap(server);
        var log = new Store.RecordingLogger<ClusterConfiguration>();
        using var api = new WsIngress.Cluster.ApiServer(new(Files(server), clock, log), clock);
        await ListAsync(api);

        _folder.Swap(("ca.crt", half), ("token", "admin"));
        clock.Advance(TimeSpan.FromSeconds(6));
        await ListAsync(api);
        clock.Advance(TimeSpan.FromSeconds(6));
        await ListAsync(api);
        Assert.Single(log.Of(5011));

        server.RotateAuthority();
        await server.RestartAsync();
        Swap(server);
        clock.Advance(TimeSpan.FromSeconds(6));
        await ListAsync(api);
        Assert.Single(log.Of(5010));
    }

    private void Swap(FakeApiServer server, string token = "admin") => _folder.Swap(("ca.crt", server.Authority.Pem), ("token", token + "\n"), ("namespace", "wsingress"));

    private PodFiles Files(FakeApiServer server) => new(_folder.Path, name => name switch
    {
        "KUBERNETES_SERVICE_HOST" => server.Address.Host.Trim('[', ']'),
        "KUBERNETES_SERVICE_PORT" => server.Address.Port.ToString(),
        _ => null,
    });

    private static Task<V1ServiceList> ListAsync(WsIngress.Cluster.ApiServer api) =>
        api.CallAsync<V1ServiceList>(HttpMethod.Get, "/api/v1/services", null, "application/json", TestContext.Current.CancellationToken);
}
