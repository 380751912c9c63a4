using System.Net.WebSockets;
using System.Security.Cryptography;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

/// <summary>.NET's own client over both HTTP versions, against the echo pods.</summary>
[Collection(IngressCollection.Name)]
public sealed class ClientWebSocketTests(IngressFixture ingress)
{
    private static readonly int[] Sizes = [0, 1, 125, 126, 65_535, 65_536, 16 * 1024 * 1024];

    [Theory]
    [InlineData("ws", "1.1", false)]
    [InlineData("wss", "1.1", false)]
    [InlineData("wss", "1.1", true)]
    [InlineData("wss", "2.0", false)]
    [InlineData("wss", "2.0", true)]
    public async Task Messages_of_every_size_come_back_intact(string scheme, string version, bool deflate)
    {
        using var invoker = ingress.CreateInvoker();
        using var socket = await ConnectAsync(invoker, scheme, version, "/", deflate);
        foreach (var size in Sizes)
        {
            await EchoAsync(socket, Compressible(size), WebSocketMessageType.Binary);
            await EchoAsync(socket, Text(size), WebSocketMessageType.Text);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "done"), (socket.CloseStatus!.Value, socket.CloseStatusDescription));
        Assert.Equal(deflate, socket.HttpResponseHeaders!.ContainsKey("Sec-WebSocket-Extensions"));
        Assert.StartsWith("pod-", socket.HttpResponseHeaders!["X-Pod-Name"].Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1", 1000)]
    [InlineData("1.1", 4000)]
    [InlineData("2.0", 1001)]
    [InlineData("2.0", 4999)]
    public async Task Closes_pass_both_ways(string version, int code)
    {
        using var invoker = ingress.CreateInvoker();
        using var byClient = await ConnectAsync(invoker, "wss", version, "/", deflate: false);
        await byClient.CloseAsync((WebSocketCloseStatus)code, "grüße", CancellationToken.None);
        Assert.Equal((code, "grüße"), ((int)byClient.CloseStatus!.Value, byClient.CloseStatusDescription));

        using var byPod = await ConnectAsync(invoker, "wss", version, $"/close/{code}?reason=adieu", deflate: false);
        var end = await byPod.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None);
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal((code, "adieu"), ((int)byPod.CloseStatus!.Value, byPod.CloseStatusDescription));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_pods_refusal_reaches_the_client_as_it_is(string version)
    {
        using var invoker = ingress.CreateInvoker();
        using var socket = Create(version, deflate: false);
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(Url("wss", "/status/418"), invoker, CancellationToken.None));

        Assert.Equal(418, (int)socket.HttpStatusCode);
        Assert.StartsWith("pod-", socket.HttpResponseHeaders!["X-Pod-Name"].Single(), StringComparison.Ordinal);
    }

    private async Task<ClientWebSocket> ConnectAsync(HttpMessageInvoker invoker, string scheme, string version, string path, bool deflate)
    {
        var socket = Create(version, deflate);
        socket.Options.AddSubProtocol("echo");
        await socket.ConnectAsync(Url(scheme, path), invoker, CancellationToken.None);
        Assert.Equal("echo", socket.SubProtocol);
        return socket;
    }

    private Uri Url(string scheme, string path) =>
        new($"{scheme}://{IngressFixture.EchoHost}:{(scheme == "ws" ? ingress.Ingress.Http : ingress.Ingress.Https)}{path}");

    private static ClientWebSocket Create(string version, bool deflate)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.DangerousDeflateOptions = deflate ? new WebSocketDeflateOptions() : null;
        return socket;
    }

    private static async Task EchoAsync(ClientWebSocket socket, byte[] data, WebSocketMessageType type)
    {
        // The echo begins before the end of a large message: sending and receiving go on together.
        var sending = socket.SendAsync(data.AsMemory(), type, true, CancellationToken.None).AsTask();
        var buffer = new byte[64 * 1024];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            Assert.Equal(type, part.MessageType);
            hash.AppendData(buffer, 0, part.Count);
            length += part.Count;
        }
        while (!part.EndOfMessage);

        await sending;
        Assert.Equal(data.Length, length);
        Assert.Equal(SHA256.HashData(data), hash.GetHashAndReset());
    }

    private static byte[] Compressible(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes.AsSpan(size / 2));
        return bytes;
    }

    /// <summary>UTF-8 of exactly this many bytes.</summary>
    private static byte[] Text(int size) => System.Text.Encoding.UTF8.GetBytes(new string('ü', size / 2) + (size % 2 == 0 ? "" : "."));
}
