using System.Text;
using WsIngress.Proxy.Telemetry;

namespace WsIngress.Tests.Proxy;

/// <summary>What a pod may do with a handshake, and what the client must see of it.</summary>
/// <param name="Name">For the message of a failed test.</param>
/// <param name="Script">The pod's part.</param>
/// <param name="Status">The client's status; 101 stands for an open socket.</param>
/// <param name="Refusal">What telemetry says.</param>
/// <param name="Body">The client's body where it is the pod's own; null where it is the proxy's text.</param>
/// <param name="Header">A header line that reaches the client.</param>
internal sealed record PodBehaviour(string Name, Func<RawPodConnection, Task> Script, int Status, HandshakeRefusal Refusal, string? Body = null, (string Name, string Value)? Header = null);

internal static class PodBehaviours
{
    public static PodBehaviour[] All { get; } =
    [
        new("echo", c => c.EchoAsync(), 101, HandshakeRefusal.None),
        new("echo after 103", async c => { await c.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"); await c.EchoAsync(); }, 101, HandshakeRefusal.None),
        Saying("401", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nX-Why: token\r\nContent-Length: 7\r\n\r\nno pass", 401, "no pass", ("X-Why", "token")),
        Saying("chunked", "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n", 403, "abcdefg"),
        Saying("chunked with a length", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 403, "abc"),
        Saying("302", "HTTP/1.1 302 Found\r\nLocation: https://login.example/?a=b\r\nContent-Length: 0\r\n\r\n", 302, "", ("Location", "https://login.example/?a=b")),
        Saying("until close", "HTTP/1.1 400 Bad Request\r\nSet-Cookie: a=1\r\nConnection: close\r\n\r\nall of this", 400, "all of this", ("Set-Cookie", "a=1")),
        Saying("HTTP/1.0", "HTTP/1.0 500 Oops\r\n\r\nold", 500, "old"),
        Saying("426", "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13, 8\r\nContent-Length: 3\r\n\r\nold", 426, "old", ("Sec-WebSocket-Version", "13, 8")),
        Saying("404 in two equal lengths", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nno", 404, "no"),
        Saying("304", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n", 304, "", ("ETag", "\"x\"")),
        Broken("wrong accept", RawPodConnection.Switch.Replace("{accept}", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", StringComparison.Ordinal)),
        Broken("no Upgrade header", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"),
        Broken("another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"),
        Broken("no accept", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        Broken("closes at once", ""),
        Broken("garbage", "\u0000\u0001\u0002 not http at all\r\n\r\n"),
        Broken("another server's protocol", "SSH-2.0-OpenSSH_9.2\r\n"),
        Broken("half a head", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"),
        Broken("folded line", "HTTP/1.1 401 No\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
        Broken("space before the colon", "HTTP/1.1 401 No\r\nA : b\r\nContent-Length: 0\r\n\r\n"),
        Broken("two lengths", "HTTP/1.1 401 No\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nabc"),
        Broken("length is no number", "HTTP/1.1 401 No\r\nContent-Length: abc\r\n\r\nabc"),
        Broken("negative length", "HTTP/1.1 401 No\r\nContent-Length: -1\r\n\r\nabc"),
        Broken("unknown transfer coding", "HTTP/1.1 401 No\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        Broken("endless interim answers", string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20))),
        Broken("head above 64 KiB", "HTTP/1.1 401 No\r\nX: " + new string('x', 70_000) + "\r\n\r\n"),
        Broken("300 header lines", "HTTP/1.1 401 No\r\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"X-{i}: y\r\n")) + "\r\n"),
        new("resets", c => { c.Reset(); return Task.CompletedTask; }, 502, HandshakeRefusal.PodProtocolError),
        new("never answers", c => c.HangAsync(), 504, HandshakeRefusal.Timeout),
        new("half a head, then silence", async c => { await c.SendAsync("HTTP/1.1 101 Swi"); await c.HangAsync(); }, 504, HandshakeRefusal.Timeout),
    ];

    public static PodBehaviour EarlyBytes { get; } = new(
        "echo with a frame behind the head",
        async c =>
        {
            var accept = RawPodConnection.Switch;
            await c.SendAsync(accept + Encoding.Latin1.GetString(Frame.OfText("early", masked: false)));
            await c.HangAsync();
        },
        101,
        HandshakeRefusal.None);

    private static PodBehaviour Saying(string name, string answer, int status, string body, (string Name, string Value)? header = null) =>
        new(name, c => c.SendAsync(answer), status, HandshakeRefusal.PodRefused, body, header);

    private static PodBehaviour Broken(string name, string answer) =>
        new(name, c => c.SendAsync(answer), 502, HandshakeRefusal.PodProtocolError);
}
