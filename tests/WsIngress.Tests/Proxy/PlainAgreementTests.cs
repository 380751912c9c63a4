using System.Text;
using WsIngress.Proxy;
using WsIngress.Tests.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>A plain request is served in one of two ways, on its loop or through Kestrel and YARP. Neither the client nor the pod can tell which.</summary>
public sealed class PlainAgreementTests
{
    private static readonly string[] Answers =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nto the end",
        "HTTP/1.0 200 OK\r\n\r\nto the end",
        "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
        "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
        "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nreset",
        "HTTP/1.1 205 Reset Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 404 Nothing Here\r\nContent-Length: 2\r\nServer: pod\r\n\r\nno",
        "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: /x?y#z\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nset-cookie: c=d; Path=/\r\nX-Latin: gr\u00fc\u00dfe\r\nX-Empty:\r\nDate: Tue, 01 Sep 2026 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Drop\r\nX-Drop: 1\r\nX-Stay: 2\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\nAlt-Svc: h3=\":443\"\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 1\r\n\r\nz",
        "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\nContent-Length: 5\nX-A: 1\n\nhello",
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n  b\r\n\tc\r\nX-Spaced : d\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;" + new string('e', 3000) + "\r\nabc\r\n0\r\nServer-Timing: " + new string('t', 6000) + "\r\n\r\n",
        string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20)) + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "nonsense\r\n\r\n",
        "",
    ];

    public static TheoryData<string, string> Requests => new(HeadCorpus.OrdinaryPlain.Select(o => (o.Client, o.Head)));

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_pod_is_asked_the_same(string client, string head)
    {
        await using var pod = RawPod.Saying(Answers[0]);
        foreach (var tls in new[] { false, true })
        {
            var asked = new List<string>();
            foreach (var way in Enum.GetValues<HandshakeWay>())
            {
                await using var proxy = await StartAsync(pod, way);
                await using var answer = await RawHandshake.SendAsync(proxy, head.TrimEnd('\n'), tls);
                Assert.True(answer.Status == 200, client);
                asked.Add(Lines(pod.Heads.Last(), "X-Request-ID").Replace($":{(tls ? proxy.HttpsPort : proxy.HttpPort)}", "", StringComparison.Ordinal));
            }

            Assert.Equal(asked[0], asked[1]);
        }
    }

    [Fact]
    public async Task A_client_is_answered_the_same()
    {
        var differences = new StringBuilder();
        foreach (var said in Answers)
        {
            foreach (var method in new[] { "GET", "HEAD" })
            {
                // A pod does not send a body to HEAD.
                var sent = method == "HEAD" && said.Contains("\r\n\r\n", StringComparison.Ordinal) && !said.Contains(" 103 ", StringComparison.Ordinal)
                    ? said[..(said.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)]
                    : said;
                await using var pod = RawPod.Saying(sent);
                var got = new List<string>();
                foreach (var way in Enum.GetValues<HandshakeWay>())
                {
                    await using var proxy = await StartAsync(pod, way);
                    got.Add(await AskAsync(proxy, method));
                    await Settled.NothingIsHeldAsync(proxy);
                    var facts = Assert.Single(proxy.Telemetry.Http);
                    got[^1] += $"\n{facts.Status} {facts.ResponseBytes} {facts.Pod} {facts.PodAddress} {facts.Error?.Split(':')[0]}";
                }

                if (got[0] != got[1])
                {
                    differences.Append($"{method}, pod says\n{said}\n--- on the loop\n{got[0]}\n--- through Kestrel\n{got[1]}\n\n");
                }
            }
        }

        Assert.True(differences.Length == 0, differences.ToString());
    }

    private static async Task<TestProxy> StartAsync(RawPod pod, HandshakeWay way)
    {
        var proxy = await TestProxy.StartAsync(o => o with { Handshake = way });
        proxy.Publish([pod.Endpoint]);
        return proxy;
    }

    /// <summary>Head without what may differ, and body. How much space a folded line leaves is open (RFC 9112 §5.2).</summary>
    private static async Task<string> AskAsync(TestProxy proxy, string method)
    {
        await using var client = await RawHandshake.SendAsync(proxy, $"{method} /x HTTP/1.1\nHost: a");
        var lines = new StringBuilder().Append(client.Status).Append(' ').Append(client.Reason).Append('\n');
        foreach (var (name, value) in client.Headers)
        {
            lines.Append(name).Append(": ").Append(name == "Date" && !value.Contains("01 Sep 2026", StringComparison.Ordinal) ? "now" : string.Join(' ', value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))).Append('\n');
        }

        var hasBody = method == "GET" && client.Status is not (204 or 304);
        var body = hasBody ? await client.ReadBodyAsync() : "";

        // Kestrel knows that a body in chunks is empty before it has sent the head.
        return Lines(lines.ToString(), hasBody && body.Length == 0 ? "Transfer-Encoding: chunked" : "")
            .Replace(hasBody && body.Length == 0 ? "Content-Length: 0\n" : "\0", "", StringComparison.Ordinal) + body;
    }

    /// <summary>The first line, and the others in the order of their names, of which one may differ.</summary>
    private static string Lines(string head, string other)
    {
        var lines = head.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', [lines[0], .. lines.Skip(1).Where(l => other.Length == 0 || !l.StartsWith(other, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.OrdinalIgnoreCase)]) + "\n";
    }
}
