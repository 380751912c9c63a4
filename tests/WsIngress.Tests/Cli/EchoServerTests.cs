using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class EchoServerTests
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task Anyone_may_ask_who_it_is_as_text_or_json()
    {
        await using var pod = await EchoPod.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, pod.Http("/a/b?c=d"));
        request.Headers.Add("Accept", "application/json");
        request.Headers.Add("X-Seen", "yes");
        using var response = await Http.SendAsync(request);
        var json = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal("pod-a", response.Headers.GetValues("X-Pod-Name").Single());
        Assert.Equal(("pod-a", "/a/b", "?c=d", "yes"), ((string)json["pod"]!, (string)json["path"]!, (string)json["query"]!, (string)json["headers"]!["X-Seen"]!));
        Assert.StartsWith("pod: pod-a\nmethod: GET\n", await Http.GetStringAsync(pod.Http()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(599)]
    public async Task A_status_is_answered_as_asked(int status)
    {
        await using var pod = await EchoPod.StartAsync();
        using var response = await Http.GetAsync(pod.Http($"/status/{status}"));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal($"status {status} from pod-a\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_upload_is_counted()
    {
        await using var pod = await EchoPod.StartAsync();
        using var response = await Http.PostAsync(pod.Http("/upload"), new ByteArrayContent(new byte[1_234_567]));

        Assert.Equal("1234567 bytes\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Events_come_one_per_second()
    {
        var time = new FakeTimeProvider();
        await using var pod = await EchoPod.StartAsync(time: time);
        using var response = await Http.GetAsync(pod.Http("/sse?count=3"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        for (var i = 1; i <= 3; i++)
        {
            var line = reader.ReadLineAsync();
            while (!line.IsCompleted && i > 1)
            {
                // The stream sets its timer at a moment of its own; each turn moves the clock until it has.
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            Assert.Equal($"id: {i}", await line);
            Assert.Equal($"data: event {i} of 3 from pod-a", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
        }

        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Fragments_come_back_as_fragments_of_one_message()
    {
        await using var pod = await EchoPod.StartAsync();
        using var socket = await ConnectAsync(pod.Ws());
        await SendAsync(socket, "one ", false);
        await SendAsync(socket, "two ", false);
        await SendAsync(socket, "", false);
        await SendAsync(socket, "three", true);

        var parts = new List<(string, bool)>();
        do
        {
            parts.Add(await ReceiveAsync(socket));
        }
        while (!parts[^1].Item2);

        Assert.Equal([("one ", false), ("two ", false), ("", false), ("three", true)], parts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65_537)]
    [InlineData(3_000_000)]
    public async Task Messages_of_any_size_come_back_whole(int size)
    {
        await using var pod = await EchoPod.StartAsync();
        using var socket = await ConnectAsync(pod.Ws());
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        var sending = socket.SendAsync(bytes.AsMemory(), WebSocketMessageType.Binary, true, CancellationToken.None);

        var back = new MemoryStream();
        var buffer = new byte[8192];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            Assert.Equal(WebSocketMessageType.Binary, part.MessageType);
            back.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        await sending;
        Assert.Equal(bytes, back.ToArray());
    }

    [Theory]
    [InlineData(1000, "done")]
    [InlineData(1001, null)]
    [InlineData(4321, "grüße")]
    public async Task The_peers_close_comes_back_with_its_code_and_reason(int code, string? reason)
    {
        await using var pod = await EchoPod.StartAsync();
        using var socket = await ConnectAsync(pod.Ws());
        await socket.CloseAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);

        Assert.Equal((code, reason ?? ""), ((int)socket.CloseStatus!.Value, socket.CloseStatusDescription ?? ""));
    }

    [Fact]
    public async Task A_close_without_a_code_is_answered_as_a_normal_closure()
    {
        await using var pod = await EchoPod.StartAsync();
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, pod.Addresses[0].Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8.ToArray());
        await stream.WriteAsync(new byte[] { 0x88, 0x80, 1, 2, 3, 4 });
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);

        var bytes = all.ToArray();
        Assert.Equal(Convert.FromHexString("0D0A0D0A880203E8"), bytes[^8..]);
    }

    [Fact]
    public async Task Compression_is_used_when_it_is_offered()
    {
        await using var pod = await EchoPod.StartAsync();
        using var socket = await ConnectAsync(pod.Ws(), o => o.DangerousDeflateOptions = new WebSocketDeflateOptions());
        await SendAsync(socket, new string('a', 3000), true);

        Assert.Equal((new string('a', 3000), true), await ReceiveAsync(socket));
        Assert.Contains("permessage-deflate", socket.HttpResponseHeaders!["Sec-WebSocket-Extensions"].Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_subprotocol_offered_is_taken_and_the_pod_names_itself()
    {
        await using var pod = await EchoPod.StartAsync(name: "pod-z");
        using var socket = await ConnectAsync(pod.Ws(), o =>
        {
            o.AddSubProtocol("first");
            o.AddSubProtocol("second");
        });

        Assert.Equal("first", socket.SubProtocol);
        Assert.Equal("pod-z", socket.HttpResponseHeaders!["X-Pod-Name"].Single());
    }

    [Theory]
    [InlineData("/close/1006")]
    [InlineData("/close/1005")]
    [InlineData("/close/1000?reason=0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123")]
    public async Task A_close_that_cannot_be_sent_is_a_bad_request(string path)
    {
        await using var pod = await EchoPod.StartAsync();
        var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri(pod.Ws(path)), CancellationToken.None));

        Assert.Equal(HttpStatusCode.BadRequest, socket.HttpStatusCode);
    }

    private static async Task<ClientWebSocket> ConnectAsync(string url, Action<ClientWebSocketOptions>? configure = null)
    {
        var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        configure?.Invoke(socket.Options);
        await socket.ConnectAsync(new Uri(url), CancellationToken.None);
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, string text, bool end) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, end, CancellationToken.None);

    private static async Task<(string Text, bool End)> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[8192];
        var part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        return (Encoding.UTF8.GetString(buffer, 0, part.Count), part.EndOfMessage);
    }
}
