using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

/// <summary>The npm package ws at both ends: every size and kind of message, fragments with Pings between them, compression, closes.</summary>
[Collection(IngressCollection.Name)]
public sealed class NodeWsTests(IngressFixture ingress)
{
    [Theory]
    [InlineData("ws", "messages")]
    [InlineData("ws", "deflate")]
    [InlineData("wss", "messages")]
    [InlineData("wss", "deflate")]
    public async Task Messages_of_every_size_and_kind_come_back_intact(string scheme, string what)
    {
        Requirement.Node();
        var (code, output) = await NodeProcess.RunAsync("ws-client.mjs", ingress.AuthorityFile, Url(scheme), what);

        Assert.True(code == 0, output);
        Assert.Contains(what == "deflate" ? "\"extensions\":\"permessage-deflate" : "\"extensions\":\"\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task Close_codes_and_reasons_pass_both_ways(string scheme)
    {
        Requirement.Node();
        var (code, output) = await NodeProcess.RunAsync("ws-client.mjs", ingress.AuthorityFile, Url(scheme), "closes");

        Assert.True(code == 0, output);
        // What the server saw of the client's closes.
        foreach (var (sent, reason) in new[] { (1000, "fertig"), (1001, "weg"), (4000, "first"), (4321, "mit Umlaut: ü"), (4999, new string('x', 123)) })
        {
            await ingress.WsServer!.EventAsync("close", e => (string?)e["path"] == $"/client-closes-{sent}" && (int)e["code"]! == sent && (string?)e["reason"] == reason);
        }
    }

    private string Url(string scheme) => $"{scheme}://{IngressFixture.WsHost}:{(scheme == "ws" ? ingress.Ingress.Http : ingress.Ingress.Https)}";
}
