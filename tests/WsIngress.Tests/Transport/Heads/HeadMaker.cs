using System.Text;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>Makes request heads from a seed: mostly well formed, with one or a few things wrong, and now and then with bytes changed at random.</summary>
internal sealed class HeadMaker(Random random)
{
    private static readonly string[] Targets =
    [
        "/", "/chat", "/chat?room=1", "/a/b/../c", "/./x", "//", "/a//b", "/%41", "/%2f", "/%zz", "/%", "/%2", "/%c0%80", "/%C3%A4", "/%e2%82", "/%00", "/x%00y", "/%%00",
        "/%25%30%30", "/?%00", "/a?b?c", "/?", "/#f", "/a;b=c", "/a|b", "/\"", "/\\", "/{x}", "/a+b", "/*", "/:80", "/~x", "/x'y", "/[1]", "/a%20b", "/ b", "/\u00e4", "/\u0001", "/\t", "/\u007f",
        "http://a/", "http://a", "http://a:80/x", "https://a/", "HTTP://a/", "http://b/x?y", "http://", "http:///", "http://[::1]/", "http://u@a/", "ws://a/", "*", "a", "a:80", "a/b", "?x", "%2f", "", " /",
    ];

    private static readonly string[] Hosts =
    [
        "a", "a", "a", "example.com", "a:80", "a:8080", "127.0.0.1:1", "[::1]", "[::1]:80", "[2001:DB8::1]:65535", "a_b", "a-b.c~d", "A", "xn--bcher-kva", "a.", "a:99999999", "!$&'()", "",
        "a:", ":80", "a:b", "a b", "a,b", "a/b", "u@a", "[::]", "[1]", "[", "[]", "[::1", "[::1]x", "[::1]:", "[g::1]", "::1", "a:80:80", "\u00e4", "a\tb", "a\0", "a*b", "a+b", "a;b", "a=b", "http://a", "a#", "a%41",
    ];

    private static readonly string[] Connections =
    [
        "Upgrade", "Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade, keep-alive", "keep-alive,upgrade", "Upgrade , Keep-Alive", "upgrade, upgrade", "keep-alive", "close", "close, Upgrade",
        "Upgrade, X-Drop", "Upgrade, HTTP2-Settings", "Upgrade,", ",Upgrade", "Upgrade,,keep-alive", "upgrade;q=1", "up grade", "upgrades", "xupgrade", "Upgrade\t, keep-alive", "\tUpgrade", "", "\"Upgrade\"", "k, Upgrade", "Upgrade keep-alive",
    ];

    private static readonly string[] Upgrades =
    [
        "websocket", "websocket", "websocket", "WebSocket", "WEBSOCKET", "websocket, h2c", "h2c", "h2c, websocket", "websocket/13", "web socket", "websockets", "", "websocket,", "\twebsocket", "websocket\t", "websocket\v", "\u00a0websocket",
    ];

    private static readonly (string Name, string Value)[] Extras =
    [
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"), ("sec-websocket-version", "8"), ("Sec-WebSocket-Protocol", "a, b"), ("Sec-Websocket-Extensions", "permessage-deflate"),
        ("Origin", "https://a"), ("Cookie", "a=b"), ("cookie", "c=d; e=f"), ("User-Agent", "x y z"), ("Accept", "*/*"), ("Accept-Language", "en"), ("X-A", "1"), ("x-a", "2"), ("X-Empty", ""), ("X-Latin", "gr\u00fc\u00dfe"),
        ("Pragma", "no-cache"), ("Cache-Control", "no-cache"), ("Authorization", "Bearer x"), ("X-Forwarded-For", "9.9.9.9"), ("Via", "1.1 x"), ("TE", "trailers"), ("Trailer", "x"), ("Keep-Alive", "timeout=5"),
        ("Alt-Used", "a"), ("traceparent", "00-0"), ("Request-Id", "|x"), ("!#$%&'*+.^_`|~", "token"), ("Host_", "x"), ("a", ""), ("X-Long", "                    x"),
    ];

    private static readonly (string Name, string Value)[] Bad =
    [
        ("Content-Length", "0"), ("Content-Length", "5"), ("content-length", "x"), ("Content-Length", "-1"), ("Transfer-Encoding", "chunked"), ("transfer-encoding", "gzip"), ("Expect", "100-continue"), ("Host", "a"), ("host", "b"),
        ("X(", "1"), ("X Y", "1"), ("X\t", "1"), ("\u00e4", "1"), ("X\u0001", "1"), ("X\0", "1"), ("", "1"), (":path", "/"), ("X", "a\0b"), ("X", "a\u0007b"), ("X", "a\u007f"), ("X", "a\rb"), ("X", "a\nb"), ("X", "a\r\n b"), (" X", "1"),
    ];

    public static readonly byte[] Special = [0, 1, 9, 10, 11, 13, 32, 34, 37, 44, 47, 58, 59, 63, 64, 91, 93, 127, 128, 160, 255];

    private static readonly string[] Rests = ["", "", "\u0081\u0082abcdxy", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n", "\n", "\0", "x"];

    private bool _asksForSocket;

    public byte[] Make()
    {
        // How wrong this head may be; one in three is right, one in three has one thing wrong.
        var oddity = random.Next(6) switch { 0 or 1 => 0, 2 or 3 => 4, 4 => 15, _ => 40 };
        var bytes = Encoding.Latin1.GetBytes(Text(oddity));
        return random.Next(100) < oddity * 2 ? Fuzz.Mutate(random, bytes, Special) : bytes;
    }

    private string Text(int oddity)
    {
        _asksForSocket = random.Next(4) != 0;
        var text = new StringBuilder();
        text.Append(_asksForSocket ? Start(oddity, "GET") : Start(oddity, Pick("GET", "HEAD", "OPTIONS")));
        text.Append(Choose(Targets, 18, oddity)).Append(Odd(oddity / 4) ? "/" + new string('x', random.Next(30, 80)) : "");
        text.Append(Odd(oddity) ? Pick("  ", "\t", "", " \r") : " ").Append(Odd(oddity) ? Pick("HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/1.2", "HTTP/11", "") : "HTTP/1.1").Append(End(oddity));
        foreach (var (name, value) in Shuffled(Lines(oddity)))
        {
            text.Append(Odd(oddity * 2) ? Respell(name) : name).Append(Odd(oddity) ? Pick(" :", "", "::", "\t:", ":\r\n ") : ":");
            text.Append(Odd(oddity * 2) ? Pick("", "  ", "\t", "\t ", "     ") : " ").Append(value).Append(Odd(oddity * 2) ? Pick(" ", "\t", "  \t") : "").Append(End(oddity));
        }

        return text.Append(Odd(oddity) ? Pick("\n", "", "\r", " \r\n") : "\r\n").Append(Rests[random.Next(Rests.Length)]).ToString();
    }

    private List<(string Name, string Value)> Lines(int oddity)
    {
        List<(string, string)> lines = [];
        Add("Host", Choose(Hosts, 17, oddity));
        if (_asksForSocket)
        {
            Add("Connection", Choose(Connections, 9, oddity));
            Add("Upgrade", Choose(Upgrades, 5, oddity));
        }
        else if (random.Next(2) == 0)
        {
            Add("Connection", Odd(oddity) ? Choose(Connections, 9, oddity) : Pick("keep-alive", "Keep-Alive", "close"));
        }

        for (var i = random.Next(8); i > 0; i--)
        {
            lines.Add(Extras[random.Next(Extras.Length)]);
        }

        if (random.Next(25) == 0)
        {
            // Around the bound of the tight limits, one line at a time and all at once.
            lines.Add(("X-Fill", new string('f', random.Next(180, 420))));
            lines.AddRange(Enumerable.Repeat(("X-Many", "m"), random.Next(12)));
        }

        while (Odd(oddity * 2))
        {
            lines.Add(Bad[random.Next(Bad.Length)]);
        }

        return lines;

        void Add(string name, string value)
        {
            for (var times = Odd(oddity) ? random.Next(3) : 1; times > 0; times--)
            {
                lines.Add((name, value));
            }
        }
    }

    private string Start(int oddity, string method) =>
        (Odd(oddity) ? Pick("get", "POST", "HEAD", "CONNECT", "OPTIONS", "GETT", "G T", "", "\r\nGET", "GET\t") : method) + (Odd(oddity) ? Pick("  ", "\t", "") : " ");

    private bool Odd(int percent) => random.Next(100) < percent;

    /// <summary>One of the first, which are right, or now and then one of all.</summary>
    private string Choose(string[] values, int right, int oddity) => values[random.Next(Odd(oddity) ? values.Length : right)];

    private string Pick(params string[] values) => values[random.Next(values.Length)];

    private string End(int oddity) => Odd(oddity / 3) ? Pick("\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", "") : "\r\n";

    private string Respell(string text) => string.Concat(text.Select(c => random.Next(2) == 0 ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c)));

    private T[] Shuffled<T>(List<T> values)
    {
        T[] all = [.. values];
        random.Shuffle(all);
        return all;
    }
}
