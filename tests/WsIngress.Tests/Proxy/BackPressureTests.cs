using System.Net.Security;
using System.Net.WebSockets;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>
/// A reader that stands still stops its writer, and the proxy holds little meanwhile. What the proxy holds is what was sent less what the
/// kernel holds on both of its sides; nothing is read at the far end.
/// </summary>
[Collection(nameof(BackPressureTests))]
[CollectionDefinition(nameof(BackPressureTests), DisableParallelization = true)]
public sealed class BackPressureTests
{
    /// <summary>Of each write; the last one, which stands still, is not counted though part of it went out.</summary>
    private const int Chunk = 8 * 1024;

    /// <summary>64 KiB, or over HTTP/2 one window and the relay's buffer; and a chunk, since the pipes take the write that fills them whole.</summary>
    private const long MostHeld = (64 + 16 + 8) * 1024;

    /// <summary>What the test's own HTTP/2 client reads ahead of its user.</summary>
    private const long ClientWindow = 64 * 1024;

    private static readonly TimeSpan Still = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_client_whose_pod_does_not_read_is_stopped(WsVia via)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc/net");
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            await c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        Assert.True(client.IsOpen);

        var sent = await SendUntilStillAsync(client.Stream, masked: true);

        var held = sent - Queued(proxy, via, pod);
        Assert.True(held <= MostHeld, $"{held} of {sent} bytes are held by the proxy");
        Assert.InRange(proxy.Plane.Sockets.Single().FromClient.WireBytes, 1, sent);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_pod_whose_client_does_not_read_is_stopped(WsVia via)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc/net");
        var sending = new TaskCompletionSource<long>();
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            sending.SetResult(await SendUntilStillAsync(c.Stream, masked: false));
            await c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        Assert.True(client.IsOpen);

        var sent = await sending.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var held = sent - Queued(proxy, via, pod) - (via == WsVia.Http2 ? ClientWindow : 0);
        Assert.True(held <= MostHeld, $"{held} of {sent} bytes are held by the proxy");
        Assert.InRange(proxy.Plane.Sockets.Single().FromBackend.WireBytes, 1, sent);
    }

    [Fact]
    public async Task Sockets_that_stand_still_stop_no_other_socket_of_their_connection()
    {
        await using var pod = RawPod.Start(async c =>
        {
            if (c.Head.StartsWith("GET /echo ", StringComparison.Ordinal))
            {
                await c.EchoAsync();
                return;
            }

            c.Socket.ReceiveBufferSize = 4096;
            await c.SendAsync(RawPodConnection.Switch);
            await c.HangAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        using var connection = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        });
        var sockets = new List<ClientWebSocket>();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                sockets.Add(await OpenAsync(proxy, connection, "/still"));
            }

            await Task.WhenAll(sockets.Select(SendUntilStillAsync));
            var live = await OpenAsync(proxy, connection, "/echo");
            sockets.Add(live);
            await live.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
            var answer = new byte[100];
            var got = await live.ReceiveAsync(answer, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));

            Assert.Equal("still here"u8, answer.AsSpan(0, got.Count));
            Assert.Single(proxy.Plane.Sockets, s => s.Outcome is null && s.FromBackend.Messages == 1);
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    private static async Task<ClientWebSocket> OpenAsync(TestProxy proxy, HttpMessageInvoker connection, string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.HttpVersion = System.Net.HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{proxy.HttpsPort}{path}"), connection, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        return socket;
    }

    private static long Queued(TestProxy proxy, WsVia via, RawPod pod) =>
        KernelQueues.Bytes(via == WsVia.Http1 ? proxy.HttpPort : proxy.HttpsPort, pod.Endpoint.Port);

    /// <summary>Writes frames until one of them stands still, and says how many bytes went before it.</summary>
    private static async Task<long> SendUntilStillAsync(Stream stream, bool masked)
    {
        var frame = Frame.Bytes(2, new byte[Chunk], masked);
        long sent = 0;
        while (sent < 256L << 20)
        {
            var write = stream.WriteAsync(frame).AsTask();
            if (await Task.WhenAny(write, Task.Delay(Still, TimeProvider.System)) != write)
            {
                _ = write.ContinueWith(static t => t.Exception, TaskScheduler.Default);
                return sent;
            }

            await write;
            await stream.FlushAsync();
            sent += frame.Length;
        }

        throw new InvalidOperationException("never stopped");
    }

    private static async Task SendUntilStillAsync(ClientWebSocket socket)
    {
        var message = new byte[Chunk];
        while (true)
        {
            var write = socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
            if (await Task.WhenAny(write, Task.Delay(Still, TimeProvider.System)) != write)
            {
                _ = write.ContinueWith(static t => t.Exception, TaskScheduler.Default);
                return;
            }

            await write;
        }
    }
}
