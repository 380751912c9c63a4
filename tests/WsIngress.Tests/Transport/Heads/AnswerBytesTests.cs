using System.Buffers;
using System.Text;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Routing;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>Answers written as bytes beside those that Kestrel sends for the same: the same status line, header lines and body.</summary>
public sealed class AnswerBytesTests
{
    private const string Upgrade = "Host: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: " + RawHandshake.Key;

    private static readonly DateLine Date = new(new FakeTimeProvider(new DateTimeOffset(2015, 10, 21, 7, 28, 0, TimeSpan.Zero)));

    public static TheoryData<RoutePolicy?, string, int> Refusals => new()
    {
        { null, "GET / HTTP/1.1\n" + Upgrade, 404 },
        { new RoutePolicy { WebSocket = new() { Enabled = false } }, "GET / HTTP/1.1\n" + Upgrade, 403 },
        { new RoutePolicy { SslRedirect = true }, "GET /a?b=c HTTP/1.1\n" + Upgrade, 308 },
        { new RoutePolicy { ClosedBecause = "of \u00e4 reason" }, "GET / HTTP/1.1\n" + Upgrade, 503 },
        { RoutePolicy.Default, "GET / HTTP/1.1\n" + Upgrade, 503 },
        { RoutePolicy.Default, "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket", 400 },
        { RoutePolicy.Default, "GET /../x HTTP/1.1\n" + Upgrade, 400 },
    };

    public static TheoryData<string> PodAnswers =>
    [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + RawHandshake.Accept + "\r\n\r\n",
        "HTTP/1.1 101 Anything\r\nupgrade: WebSocket\r\nconnection: upgrade, x-hop\r\nx-hop: 1\r\nsec-websocket-accept: " + RawHandshake.Accept + "\r\nsec-websocket-protocol: chat\r\nSET-COOKIE: a=1\r\nset-cookie: b=2\r\nX-Own: gr\u00fc\u00dfe\r\nx-empty:\r\nServer: pod\r\nDate: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n",
        "HTTP/1.1 401 Not today\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nno",
        "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nETAG: \"x\"\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: /x\r\nContent-Length: 0\r\nvary: a\r\nVary: b\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
        "HTTP/1.1 205 Reset Content\r\nX-A: 1\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 799 Own\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 500 Oops\r\n\r\nto the end",
    ];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_of_our_own_is_what_kestrel_sends(RoutePolicy? policy, string head, int status)
    {
        await using var proxy = await TestProxy.StartAsync();
        if (policy is not null)
        {
            proxy.Publish([], policy);
        }

        var (kestrel, body) = await AskAsync(proxy, head);
        var text = body[(body.IndexOf(": ", StringComparison.Ordinal) + 2)..].TrimEnd('\n');
        var headers = new HeaderList();
        foreach (var name in new[] { "Location", "Retry-After" })
        {
            if (kestrel.SingleOrDefault(l => l.StartsWith(name + ": ", StringComparison.Ordinal)) is { } line)
            {
                headers.Add(name, line[(name.Length + 2)..]);
            }
        }

        var output = new ArrayBufferWriter<byte>();
        Assert.True(AnswerBytes.TryWriteRefusal(output, status, headers, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text)), Date));
        var (ours, ourBody) = Split(output);
        Assert.Equal(Comparable(kestrel), Comparable(ours));
        Assert.Equal(body, ourBody);
        Assert.Contains("Date: Wed, 21 Oct 2015 07:28:00 GMT", ours);
    }

    [Theory]
    [MemberData(nameof(PodAnswers))]
    public async Task An_answer_of_the_pod_is_what_kestrel_sends(string answer)
    {
        await using var pod = RawPod.Saying(answer);
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        var (kestrel, _) = await AskAsync(proxy, "GET / HTTP/1.1\n" + Upgrade);

        Assert.Equal(HeadError.None, ResponseHeadReader.TryRead(Encoding.Latin1.GetBytes(answer), out var head, out _));
        Assert.True(BodyFraming.TryRead(head!, out var framing));
        var headers = PodAnswerHeaders.Create(head!, framing, isExtendedConnect: false);
        var output = new ArrayBufferWriter<byte>();
        Assert.True(head!.Status == 101 ? AnswerBytes.TryWriteSwitch(output, headers, Date) : AnswerBytes.TryWritePodHead(output, head.Status, headers, framing, Date));
        var (ours, rest) = Split(output);
        Assert.Equal(Comparable(kestrel), Comparable(ours));
        Assert.Equal("", rest);
        Assert.Single(ours, l => l.StartsWith("Date: ", StringComparison.Ordinal));
        Assert.Equal(head.Status == 101, ours.Contains("Connection: Upgrade"));
    }

    /// <summary>Whatever stands in a name or value, the client reads what was meant or the answer is not written.</summary>
    [Property(MaxTest = 1000)]
    public void No_header_breaks_out_of_its_line((string Name, string Value)[] fields, bool ascii)
    {
        var headers = new HeaderList();
        foreach (var (name, value) in fields)
        {
            headers.Add(ascii ? "X-" + (name ?? "").Length : name ?? "", value ?? "");
        }

        var output = new ArrayBufferWriter<byte>();
        if (!AnswerBytes.TryWriteSwitch(output, headers, Date))
        {
            Assert.Equal(0, output.WrittenCount);
            return;
        }

        Assert.Equal(HeadError.None, ResponseHeadReader.TryRead(output.WrittenSpan, out var head, out var consumed));
        Assert.Equal(output.WrittenCount, consumed);
        Assert.Equal(headers.Count + 2 + (headers.Contains("Date") ? 0 : 1), head!.Headers.Count);
        for (var i = 0; i < headers.Count; i++)
        {
            Assert.Equal(headers[i].Value.Trim(' ', '\t'), head.Headers[i + 2].Value);
        }
    }

    [Theory]
    [InlineData("X", "a\r\nb")]
    [InlineData("X", "a\nb")]
    [InlineData("X", "a\rb")]
    [InlineData("X", "a\0")]
    [InlineData("X", "a\u007f")]
    [InlineData("X", "\u0100")]
    [InlineData("X: a\r\nY", "b")]
    [InlineData("X Y", "b")]
    [InlineData("", "b")]
    public void A_header_that_would_break_the_head_is_not_written_and_nothing_else_is(string name, string value)
    {
        var headers = new HeaderList();
        headers.Add(name, value);
        var output = new ArrayBufferWriter<byte>();

        Assert.False(AnswerBytes.TryWriteSwitch(output, headers, Date));
        Assert.False(AnswerBytes.TryWriteRefusal(output, 503, headers, "x", Date));
        Assert.False(AnswerBytes.TryWritePodHead(output, 403, headers, default, Date));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void A_body_in_chunks_ends_where_it_ends()
    {
        var output = new ArrayBufferWriter<byte>();
        AnswerBytes.WriteChunk(output, new byte[26]);
        AnswerBytes.WriteChunk(output, []);
        AnswerBytes.WriteChunk(output, "x"u8);
        output.Write(AnswerBytes.LastChunk);

        Assert.Equal("1a\r\n" + new string('\0', 26) + "\r\n1\r\nx\r\n0\r\n\r\n", Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Fact]
    public void The_date_follows_the_clock_by_the_second()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2015, 10, 21, 7, 28, 0, TimeSpan.Zero));
        var date = new DateLine(time);

        Assert.Equal("Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n"u8.ToArray(), date.Now().ToArray());
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal("Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n"u8.ToArray(), date.Now().ToArray());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("Date: Wed, 21 Oct 2015 07:28:01 GMT\r\n"u8.ToArray(), date.Now().ToArray());
    }

    /// <summary>Kestrel's answer on a real connection: lines of the head, and as much body as a length promises.</summary>
    private static async Task<(string[] Lines, string Body)> AskAsync(TestProxy proxy, string head)
    {
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync(head.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n\r\n");
        var answer = await RawPod.ReadHeadAsync(client.Stream, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        var lines = answer.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var length = lines.Where(l => l.StartsWith("Content-Length: ", StringComparison.Ordinal)).Select(l => int.Parse(l["Content-Length: ".Length..])).SingleOrDefault();
        var body = new byte[lines[0].Contains(" 304", StringComparison.Ordinal) ? 0 : length];
        await client.Stream.ReadExactlyAsync(body).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return (lines, Encoding.Latin1.GetString(body));
    }

    private static (string[] Lines, string Body) Split(ArrayBufferWriter<byte> output)
    {
        var text = Encoding.Latin1.GetString(output.WrittenSpan);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (text[..end].Split("\r\n"), text[(end + 4)..]);
    }

    /// <summary>
    /// The order of lines is free, Connection is another on purpose, and Date is the hour's unless the pod gave one. Kestrel drops lines without a
    /// value; as bytes they go on as the pod sent them.
    /// </summary>
    private static string Comparable(string[] lines) => string.Join("\n", lines
        .Where(l => !l.StartsWith("Connection: ", StringComparison.Ordinal) && !l.EndsWith(": ", StringComparison.Ordinal))
        .Select(l => l.StartsWith("Date: ", StringComparison.Ordinal) && !l.Contains("2015", StringComparison.Ordinal) ? "Date: Wed, 21 Oct 2015 07:28:00 GMT" : l)
        .Order(StringComparer.Ordinal));
}
