using System.Net;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>The first thing a person types.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_serves_a_socket_and_leaves_nothing_behind()
    {
        await using var demo = ChildProcess.Start("demo", Binary.Path,
            ["demo", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--output", "json"]);
        var ready = await demo.EventAsync("ready");
        var folder = (string)ready["manifests"]!;
        Assert.NotEmpty(Directory.GetFiles(folder, "*.yaml"));

        foreach (var (scheme, address, version) in new[] { ("ws", "http", "1.1"), ("wss", "https", "1.1"), ("wss", "https", "2.0") })
        {
            var port = IPEndPoint.Parse((string)ready[address]!).Port;
            Assert.StartsWith("echo-", await EchoAsync(scheme, port, version), StringComparison.Ordinal);
        }

        Assert.Equal(0, await demo.StopAsync());
        Assert.False(Directory.Exists(folder), folder);
    }

    /// <summary>The pod that echoed.</summary>
    private static async Task<string> EchoAsync(string scheme, int port, string version)
    {
        await using var client = ChildProcess.Start("connect", Binary.Path,
        [
            "connect", $"{scheme}://echo.localhost:{port}/", "-k", "--json", "--send", "hello", .. version == "2.0" ? ["--http2"] : Array.Empty<string>(),
        ]);
        var code = await client.ExitAsync();
        Assert.True(code == 0, client.Output);
        Assert.Equal("hello", (string)(await client.EventAsync("message"))["text"]!);
        var open = await client.EventAsync("open");
        Assert.Equal(version, (string)open["httpVersion"]!);
        return (string)open["pod"]!;
    }
}
