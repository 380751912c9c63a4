using System.Text;
using WsIngress.Cli;
using WsIngress.Client;
using Xunit;

namespace WsIngress.Tests.Cli;

/// <summary>What <c>connect</c> does with servers that break the rules or have none.</summary>
public sealed class ConnectRefusesTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public async Task A_switch_for_another_key()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Switching("AAAAAAAAAAAAAAAAAAAAAAAAAAA="));

        await FailsAsync(server, "Sec-WebSocket-Accept does not belong to our key");
    }

    [Fact]
    public async Task A_subprotocol_that_was_not_offered()
    {
        using var server = new ScriptedServer(accept => ScriptedServer.Switching(accept, "Sec-WebSocket-Protocol: other\r\n"));

        await FailsAsync(server, "chose subprotocol 'other', which was not offered", "--subprotocol", "chat");
    }

    [Fact]
    public async Task An_extension_that_was_not_offered()
    {
        using var server = new ScriptedServer(accept => ScriptedServer.Switching(accept, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));

        await FailsAsync(server, "chose extension 'permessage-deflate', which was not offered");
    }

    [Fact]
    public async Task Silence()
    {
        using var server = new ScriptedServer(null);

        await FailsAsync(server, "within 0.2 s (--timeout)", "--timeout", "200ms");
    }

    [Fact]
    public async Task A_connection_that_ends_without_a_close_frame()
    {
        using var server = new ScriptedServer(accept => ScriptedServer.Switching(accept, "", 0x81, 2, (byte)'h', (byte)'i'));
        var run = _cli.InvokeAsync("connect", server.Url, "--hold", "--no-ping", "--json");
        await _cli.RawOutput.ContainsAsync("\"hi\"");
        server.Dispose();

        Assert.Equal(1, await run);
        Assert.Equal((1006, "nobody"), ((int)_cli.Event("close")["code"]!, (string)_cli.Event("close")["by"]!));
    }

    [Fact]
    public async Task A_frame_that_breaks_the_protocol()
    {
        using var server = new ScriptedServer(accept => ScriptedServer.Switching(accept, "", 0x83, 0));

        Assert.Equal(1, await _cli.InvokeAsync("connect", server.Url, "--hold", "--no-ping", "--json"));
        Assert.NotEqual("server", (string)_cli.Event("close")["by"]!);
    }

    [Fact]
    public async Task More_of_a_refusal_than_64_KiB()
    {
        using var server = new ScriptedServer(_ => Encoding.ASCII.GetBytes("HTTP/1.1 503 No\r\nContent-Length: 1000000000\r\n\r\n" + new string('x', 70_000)));

        Assert.Equal(1, await _cli.InvokeAsync("connect", server.Url, "--json"));
        Assert.Equal(64 * 1024, ((string)_cli.Event("refused")["body"]!).Length);
    }

    [Fact]
    public async Task A_message_above_the_bound()
    {
        await using var pod = await EchoPod.StartAsync();
        var options = new ConnectOptions
        {
            Url = new Uri(pod.Http()),
            Send = [new string('x', 3000)],
            LargestMessage = 2000,
        };

        Assert.Equal(1, await ConnectAction.RunAsync(options, Stream.Null, new JsonReport(_cli.RawOutput), TimeProvider.System, CancellationToken.None));
        Assert.Contains("a message of more than 2000 bytes", _cli.Output, StringComparison.Ordinal);
    }

    private async Task FailsAsync(ScriptedServer server, string sentence, params string[] more)
    {
        Assert.Equal(1, await _cli.InvokeAsync(["connect", server.Url, "--send", "x", .. more]));
        Assert.Contains(sentence, _cli.Notes, StringComparison.Ordinal);
    }
}
