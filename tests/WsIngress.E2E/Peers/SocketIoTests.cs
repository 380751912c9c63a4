using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

[Collection(IngressCollection.Name)]
public sealed class SocketIoTests(IngressFixture ingress)
{
    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_session_begins_with_polling_and_is_upgraded(string scheme)
    {
        Requirement.Node();
        var port = scheme == "http" ? ingress.Ingress.Http : ingress.Ingress.Https;
        var (code, output) = await NodeProcess.RunAsync("socketio-client.mjs", ingress.AuthorityFile, $"{scheme}://{IngressFixture.SocketIoHost}:{port}");

        Assert.True(code == 0, output);
        Assert.Contains("""{"event":"done","transports":["polling","websocket"]}""", output, StringComparison.Ordinal);
    }
}
