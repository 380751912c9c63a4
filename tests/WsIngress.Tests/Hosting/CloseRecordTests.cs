using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using WsIngress.Admin;
using WsIngress.Hosting;
using WsIngress.Tests.Cli;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>One record for each socket that ended, the same in the log and in the list.</summary>
public sealed class CloseRecordTests
{
    [Fact]
    public async Task The_record_has_everything_that_is_known_and_there_is_one()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var socket = await host.ConnectAsync("/room?token=secret");
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        await socket.ReceiveAsync(new byte[10], CancellationToken.None);
        var id = (string)JsonNode.Parse(await host.AdminAsync("/connections"))!["connections"]![0]!["id"]!;
        Assert.Equal(0, await new CliRun { Connections = ConnectionInventory.RunAsync }.InvokeAsync("connections", "close", id, "--code", "4000", "--reason", "move", "--admin", $"{host.Bound.Admin}"));
        await socket.ReceiveAsync(new byte[10], CancellationToken.None);
        await socket.CloseOutputAsync((WebSocketCloseStatus)4000, "moved", CancellationToken.None);
        await TestHost.UntilAsync(() => Task.FromResult(host.AccessLog.Any(line => (string)line["event"]! == "websocket-close")));

        var logged = Assert.Single(host.AccessLog, line => (string)line["event"]! == "websocket-close");
        var listed = Assert.Single(JsonNode.Parse(await host.AdminAsync("/connections?state=closed"))!["connections"]!.AsArray())!;

        foreach (var name in new[] { "id", "requestId", "client", "host", "path", "route", "namespace", "ingress", "service", "pod", "podAddress", "outcome", "side", "detail", "ageSeconds", "tableRevision" })
        {
            Assert.Equal((name, $"{logged[name]}"), (name, $"{listed[name]}"));
            Assert.NotNull(logged[name]);
        }

        Assert.Equal(("operator", "proxy", "prefix /", "/room", "pod-a", 1), ((string)logged["outcome"]!, (string)logged["side"]!, (string)logged["route"]!, (string)logged["path"]!, (string)logged["pod"]!, (int)logged["tableRevision"]!));
        foreach (var (name, code, reason) in new[] { ("closeToClient", 4000, "operator: move"), ("closeFromClient", 4000, "moved"), ("closeToBackend", 1001, "operator: move"), ("closeFromBackend", 1001, "operator: move") })
        {
            Assert.Equal((name, code, reason), (name, (int)logged[name]!["code"]!, (string)logged[name]!["reason"]!));
            Assert.Equal((name, code, reason), (name, (int)listed[name]!["code"]!, (string)listed[name]!["reason"]!));
        }

        Assert.Equal((1, 1), ((int)logged["messagesFromClient"]!, (int)listed["fromClient"]!["messages"]!));
        Assert.Equal((int)logged["bytesFromBackend"]!, (int)listed["fromBackend"]!["bytes"]!);
        Assert.True((double)logged["ageSeconds"]! >= 0);
    }

    /// <summary>What is held of a list of 100,000 while its reader takes it is a few chunks.</summary>
    [Fact]
    public async Task A_long_list_is_written_as_it_is_read()
    {
        var made = 0;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));
        var items = Enumerable.Range(0, 100_000).Select(i =>
        {
            Volatile.Write(ref made, i + 1);
            return i;
        });
        var writing = StreamedJson.WriteAsync(pipe.Writer, json => json.WriteNumber("revision", 1), "connections", items, (json, i) => json.WriteStringValue(new string('x', 500)), CancellationToken.None);
        await TestHost.UntilAsync(() => Task.FromResult(Volatile.Read(ref made) > 0));
        await Task.Yield();
        Assert.False(writing.IsCompleted);
        Assert.InRange(Volatile.Read(ref made), 1, 400);

        using var text = new MemoryStream();
        var copying = pipe.Reader.CopyToAsync(text);
        await writing;
        await pipe.Writer.CompleteAsync();
        await copying;
        text.Position = 0;
        Assert.Equal(100_000, JsonNode.Parse(text)!["connections"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_list_whose_reader_leaves_ends()
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var made = 0;
        await StreamedJson.WriteAsync(pipe.Writer, _ => { }, "connections", Enumerable.Range(0, 1_000_000), (json, i) =>
        {
            made++;
            json.WriteStringValue(new string('x', 500));
        }, CancellationToken.None);

        Assert.InRange(made, 1, 200);
    }
}
