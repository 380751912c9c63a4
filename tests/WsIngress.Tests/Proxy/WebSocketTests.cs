using System.Net.WebSockets;
using System.Text;
using WsIngress.Relay;
using Xunit;

namespace WsIngress.Tests.Proxy;

public sealed class WebSocketTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_socket_echoes_and_closes_with_the_code_of_the_client(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        using var socket = await proxy.ConnectAsync(via, "/chat?room=1", o => o.AddSubProtocol("v1"));

        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[100];
        var got = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, got.Count));
        Assert.Equal("v1", socket.SubProtocol);
        Assert.Equal("/chat?room=1", socket.HttpResponseHeaders!["X-Seen-Target"].Single());
        Assert.Equal(1, proxy.Plane.Sockets.Count);

        await socket.CloseAsync((WebSocketCloseStatus)4242, "done", CancellationToken.None);

        Assert.Equal((WebSocketCloseStatus)4242, socket.CloseStatus);
        var report = await proxy.Telemetry.OneReportAsync();
        Assert.Equal(RelayOutcome.ClientClosed, report.Outcome);
        Assert.Equal(new CloseStatus(4242, "done"), report.CloseFromClient);
        Assert.Equal(0, proxy.Plane.Sockets.Count);
        Assert.Equal(0, proxy.Plane.Tables.Backends.Single().Endpoints.Single().State.Load);
    }

    [Fact]
    public async Task Plain_requests_go_through_as_they_were_written()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);

        using var answer = await proxy.GetAsync("/a%2Fb//c?x=%20y", host: "shop.example");

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("/a%2Fb//c?x=%20y", answer.Headers.GetValues("X-Seen-Target").Single());
        Assert.Equal("shop.example", answer.Headers.GetValues("X-Seen-Host").Single());
        Assert.Equal("127.0.0.1", answer.Headers.GetValues("X-Seen-X-Forwarded-For").Single());
    }
}
