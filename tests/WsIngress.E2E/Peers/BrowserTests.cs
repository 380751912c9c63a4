using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

/// <summary>Headless Chromium opens a page through the ingress; the page opens a WebSocket to the same host and posts what it saw.</summary>
[Collection(IngressCollection.Name)]
public sealed class BrowserTests(IngressFixture ingress)
{
    [Theory]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    public async Task A_page_and_its_socket_work(string protocol)
    {
        Requirement.Node();
        var chromium = Requirement.Program("chromium", "chromium");
        var profile = Directory.CreateTempSubdirectory("wsingress-chromium-");
        try
        {
            var port = ingress.Ingress.Https;
            var netLog = Path.Combine(profile.FullName, "net.json");
            var server = ingress.WsServer!;
            // Each visit has a path of its own query, so that its events are told from those of the other.
            await using (var browser = ChildProcess.Start("chromium", chromium,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", $"--user-data-dir={profile.FullName}",
                "--ignore-certificate-errors", $"--host-resolver-rules=MAP * 127.0.0.1", $"--log-net-log={netLog}",
                .. protocol == "h2" ? Array.Empty<string>() : ["--disable-http2"],
                "--remote-debugging-port=0", $"https://{IngressFixture.WsHost}:{port}/page",
            ]))
            {
                var result = await server.EventAsync("result", e => (string?)e["page"] is null || (string?)e["page"] == protocol);
                Assert.True((bool)result["ok"]!, result.ToJsonString());
                Assert.Equal(12, (int)result["echoed"]!);
                Assert.Equal("echo", (string)result["protocol"]!);
                Assert.StartsWith("permessage-deflate", (string)result["extensions"]!, StringComparison.Ordinal);
                await browser.StopAsync();
            }

            // The browser's own log tells how the socket was opened: an extended CONNECT has this pseudo-header (RFC 8441 section 4).
            var extendedConnect = (await File.ReadAllTextAsync(netLog)).Contains(":protocol: websocket", StringComparison.Ordinal);
            Assert.Equal(protocol == "h2", extendedConnect);
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }
}
