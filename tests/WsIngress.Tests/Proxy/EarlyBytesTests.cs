using System.Text;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Bytes that come before their time, and bytes that come one at a time: none is lost, and their order stays.</summary>
public sealed class EarlyBytesTests
{
    private const string Head = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + RawHandshake.Key + "\r\n\r\n";

    [Theory]
    [InlineData(WsVia.Http1, 3, 20)]
    [InlineData(WsVia.Tls1, 3, 20)]
    [InlineData(WsVia.Http1, 200, 1000)]
    [InlineData(WsVia.Tls1, 200, 1000)]
    public async Task What_either_side_sends_before_and_after_the_101_arrives_in_order(WsVia via, int early, int length)
    {
        var answer = new TaskCompletionSource();
        var toPod = new List<string>();
        await using var pod = RawPod.Start(async c =>
        {
            await answer.Task;
            await c.SendAsync([.. Encoding.ASCII.GetBytes(RawPodConnection.Switch.Replace("{accept}", RawHandshake.Accept, StringComparison.Ordinal)), .. Numbered(0, early, length, masked: false)]);
            await c.SendAsync(Numbered(early, early, length, masked: false));
            while (toPod.Count < 2 * early && await Frame.ReadAsync(c.Stream, c.Stop) is { } frame)
            {
                toPod.Add(frame.Text);
            }

            await c.SendAsync(Frame.OfText("all there", masked: false));
            await c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.ConnectAsync(proxy, via == WsVia.Tls1);

        // The head and the first messages are one write, and so one segment while they are short.
        var sending = client.WriteAsync([.. Encoding.ASCII.GetBytes(Head), .. Numbered(0, early, length, masked: true)]);
        await Settled.TrueAsync(() => !pod.Heads.IsEmpty, () => "the pod was not asked");
        answer.SetResult();
        await client.ReadHeadAsync();
        await sending;
        await client.WriteAsync(Numbered(early, early, length, masked: true));

        Assert.Equal(101, client.Status);
        for (var i = 0; i < 2 * early; i++)
        {
            Assert.Equal(Text(i, length), (await client.ReadFrameAsync())!.Text);
        }

        Assert.Equal("all there", (await client.ReadFrameAsync())!.Text);
        Assert.Equal(Enumerable.Range(0, 2 * early).Select(i => Text(i, length)), toPod);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    public async Task A_socket_works_when_every_byte_comes_alone(WsVia via)
    {
        await using var pod = RawPod.Start(async c =>
        {
            await OneByOneAsync(c.Stream, Encoding.ASCII.GetBytes(RawPodConnection.Switch.Replace("{accept}", RawHandshake.Accept, StringComparison.Ordinal)));
            while (await Frame.ReadAsync(c.Stream, c.Stop) is { } frame)
            {
                await OneByOneAsync(c.Stream, Frame.Bytes(frame.Opcode, frame.Payload, masked: false));
                if (frame.Opcode == Frame.CloseOpcode)
                {
                    return;
                }
            }
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.ConnectAsync(proxy, via == WsVia.Tls1);
        await OneByOneAsync(client.Stream, Encoding.ASCII.GetBytes(Head));
        await client.ReadHeadAsync();
        Assert.Equal(101, client.Status);
        foreach (var text in (string[])["", "one", new string('x', 300)])
        {
            await OneByOneAsync(client.Stream, Frame.OfText(text, masked: true));
            Assert.Equal(text, (await client.ReadFrameAsync())!.Text);
        }

        await OneByOneAsync(client.Stream, Frame.OfClose(4001, "slowly", masked: true));
        var close = await client.ReadFrameAsync();

        Assert.Equal((4001, "slowly"), (close!.CloseCode, close.CloseReason));
        Assert.Null(await client.ReadFrameAsync());
        await Settled.NothingIsHeldAsync(proxy);
    }

    private static async Task OneByOneAsync(Stream stream, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            await stream.WriteAsync(bytes.AsMemory(i, 1));
            await stream.FlushAsync();
            await Task.Yield();
        }
    }

    private static byte[] Numbered(int first, int count, int length, bool masked) =>
        [.. Enumerable.Range(first, count).SelectMany(i => Frame.OfText(Text(i, length), masked))];

    private static string Text(int i, int length) => $"{i} ".PadRight(length, '.');
}
