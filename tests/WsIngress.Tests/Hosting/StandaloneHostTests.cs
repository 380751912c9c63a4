using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using WsIngress.Cli;
using WsIngress.Hosting;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class StandaloneHostTests
{
    [Fact]
    public async Task Ready_while_it_serves_and_not_ready_from_the_moment_it_stops()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod, o => o with { DrainWindow = TimeSpan.FromSeconds(5) });
        Assert.Equal("ok\n", await host.MetricsAsync("/healthz"));
        Assert.Equal("ready\n", await host.MetricsAsync("/readyz"));
        using var first = await host.ConnectAsync();
        using var second = await host.ConnectAsync();

        var stopped = host.StopAsync();
        await TestHost.UntilAsync(async () => (await host.MetricsAsync("/readyz")).StartsWith("draining", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => host.ConnectAsync());
        Assert.Contains("503", refused.Message, StringComparison.Ordinal);
        using var http = await host.SendAsync(host.Bound.Http!, "/", TestHost.Host);
        Assert.Equal(HttpStatusCode.OK, http.StatusCode);

        foreach (var socket in (ClientWebSocket[])[first, second])
        {
            await socket.ReceiveAsync(new byte[10], CancellationToken.None);
            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
            Assert.StartsWith("proxy-shutdown", socket.CloseStatusDescription, StringComparison.Ordinal);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        }

        Assert.Equal(ExitCode.Done, await stopped);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_run_with_exit_code_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);

        var second = new StandaloneHost(new(host.Options() with { Http = ListenAddress.Loopback(port) }, host.Folder), TimeProvider.System, Stream.Null);

        Assert.Equal(ExitCode.Problems, await second.RunAsync(_ => Assert.Fail("ready though the port is taken"), CancellationToken.None));
    }

    [Fact]
    public async Task Stopping_while_it_starts_is_a_clean_end()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);

        var run = new StandaloneHost(new(host.Options(), host.Folder), TimeProvider.System, Stream.Null).RunAsync(_ => { }, new CancellationToken(canceled: true));

        Assert.Equal(ExitCode.Done, await run);
    }
}
