using System.Net.WebSockets;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

/// <summary>The product's own client, as a process, through the ingress.</summary>
[Collection(IngressCollection.Name)]
public sealed class ConnectCommandTests(IngressFixture ingress)
{
    [Theory]
    [InlineData("ws", false)]
    [InlineData("wss", false)]
    [InlineData("wss", true)]
    public async Task Connect_says_which_pod_answered_and_echoes(string scheme, bool http2)
    {
        var port = scheme == "ws" ? ingress.Ingress.Http : ingress.Ingress.Https;
        await using var client = ChildProcess.Start("connect", Binary.Path,
        [
            "connect", $"{scheme}://{IngressFixture.EchoHost}:{port}/", "-k", "--json", "--send", "hello",
            "--resolve", $"{IngressFixture.EchoHost}:{port}:127.0.0.1", .. http2 ? ["--http2"] : Array.Empty<string>(),
        ]);

        var code = await client.ExitAsync();
        Assert.True(code == 0, client.Output);
        Assert.StartsWith("pod-", (string)(await client.EventAsync("open"))["pod"]!, StringComparison.Ordinal);
        Assert.Equal("hello", (string)(await client.EventAsync("message"))["text"]!);
        Assert.NotNull((await client.EventAsync("ping"))["roundTripMs"]);
    }

    [Fact]
    public async Task Both_pods_get_sockets()
    {
        // All stay open: a pod that still has a socket of another test is passed over until the other one has as many.
        var sockets = new List<ClientWebSocket>();
        var seen = new HashSet<string>();
        using var invoker = ingress.CreateInvoker();
        for (var i = 0; i < 50 && seen.Count < 2; i++)
        {
            var socket = new ClientWebSocket();
            sockets.Add(socket);
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(new Uri($"ws://{IngressFixture.EchoHost}:{ingress.Ingress.Http}/"), invoker, CancellationToken.None);
            seen.Add(socket.HttpResponseHeaders!["X-Pod-Name"].Single());
        }

        sockets.ForEach(socket => socket.Dispose());
        Assert.Equal(["pod-a", "pod-b"], seen.Order());
    }
}
