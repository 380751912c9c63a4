using System.Text;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>Request heads as clients send them, and as nobody should.</summary>
internal static class HeadCorpus
{
    private const string Key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n";

    /// <summary>What clients of the field send, line for line: each is a plain upgrade.</summary>
    public static readonly (string Client, string Head)[] Ordinary =
    [
        ("Chrome", "GET /chat?room=1 HTTP/1.1\nHost: chat.example.com\nConnection: Upgrade\nPragma: no-cache\nCache-Control: no-cache\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\nUpgrade: websocket\nOrigin: https://chat.example.com\nSec-WebSocket-Version: 13\nAccept-Encoding: gzip, deflate, br, zstd\nAccept-Language: en-US,en;q=0.9,de;q=0.8\nCookie: session=0123456789abcdef; theme=dark\n" + Key + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\n\n"),
        ("Firefox", "GET / HTTP/1.1\nHost: chat.example.com:8443\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0\nAccept: */*\nAccept-Language: en-US,en;q=0.5\nAccept-Encoding: gzip, deflate, br, zstd\nSec-WebSocket-Version: 13\nOrigin: https://chat.example.com:8443\nSec-WebSocket-Protocol: chat, superchat\nSec-WebSocket-Extensions: permessage-deflate\n" + Key + "DNT: 1\nConnection: keep-alive, Upgrade\nSec-Fetch-Dest: empty\nSec-Fetch-Mode: websocket\nSec-Fetch-Site: same-origin\nPragma: no-cache\nCache-Control: no-cache\nUpgrade: websocket\n\n"),
        ("Safari", "GET /s HTTP/1.1\nHost: example.com\nSec-WebSocket-Version: 13\n" + Key + "Sec-WebSocket-Extensions: permessage-deflate\nUpgrade: websocket\nConnection: Upgrade\nOrigin: https://example.com\nUser-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15\nAccept: */*\nAccept-Language: de-DE,de;q=0.9\nPragma: no-cache\nCache-Control: no-cache\nAccept-Encoding: gzip, deflate\nSec-Fetch-Dest: websocket\nSec-Fetch-Mode: websocket\nSec-Fetch-Site: same-origin\n\n"),
        ("ws (Node.js)", "GET /socket HTTP/1.1\nSec-WebSocket-Version: 13\n" + Key + "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\nHost: localhost:8080\n\n"),
        (".NET", "GET /x/%C3%A4?y=%zz HTTP/1.1\nHost: 127.0.0.1:5000\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n" + Key + "Sec-WebSocket-Protocol: mqtt\n\n"),
        ("Go (gorilla)", "GET /ws HTTP/1.1\nHost: [2001:db8::1]:8080\nUser-Agent: Go-http-client/1.1\nConnection: Upgrade\n" + Key + "Sec-WebSocket-Version: 13\nUpgrade: websocket\n\n"),
        ("Go (coder)", "GET /ws HTTP/1.1\nHost: [::1]\nUser-Agent: Go-http-client/1.1\nConnection: Upgrade\nSec-Websocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13\nUpgrade: websocket\n\n"),
        ("Python (websockets)", "GET /ws HTTP/1.1\nHost: localhost:8765\nUpgrade: websocket\nConnection: Upgrade\n" + Key + "Sec-WebSocket-Version: 13\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\nUser-Agent: Python/3.12 websockets/12.0\n\n"),
        ("Python (aiohttp)", "GET /ws?token=abc HTTP/1.1\nHost: localhost:8765\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n" + Key + "Accept: */*\nAccept-Encoding: gzip, deflate\nUser-Agent: Python/3.12 aiohttp/3.9.5\nAuthorization: Bearer abc.def\n\n"),
        ("Python (websocket-client)", "GET / HTTP/1.1\nUpgrade: websocket\nHost: echo.example.com\nOrigin: http://echo.example.com\n" + Key + "Sec-WebSocket-Version: 13\nConnection: Upgrade\n\n"),
        ("Java (Tyrus)", "GET /ws HTTP/1.1\nConnection: Upgrade\nHost: localhost:8025\nOrigin: localhost:8025\n" + Key + "Sec-WebSocket-Version: 13\nUpgrade: websocket\n\n"),
        ("OkHttp", "GET /ws HTTP/1.1\nUpgrade: websocket\nConnection: Upgrade\n" + Key + "Sec-WebSocket-Version: 13\nSec-WebSocket-Extensions: permessage-deflate\nHost: example.com\nAccept-Encoding: gzip\nUser-Agent: okhttp/4.12.0\n\n"),
        ("Rust (tungstenite)", "GET /ws HTTP/1.1\nHost: example.com\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n" + Key + "\n"),
        ("nginx in front", "GET /ws HTTP/1.1\nUpgrade: websocket\nConnection: upgrade\nHost: example.com\nX-Real-IP: 9.9.9.9\nX-Forwarded-For: 9.9.9.9, 10.0.0.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: example.com\nX-Forwarded-Port: 443\nX-Request-ID: 5f0c\nsec-websocket-version: 13\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\nuser-agent: gr\u00fc\u00dfe\n\n"),
        ("AWS ALB in front", "GET /ws HTTP/1.1\nX-Forwarded-For: 9.9.9.9\nX-Forwarded-Proto: https\nX-Forwarded-Port: 443\nHost: example.com\nX-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678\nConnection: upgrade\nUpgrade: websocket\n" + Key + "Sec-WebSocket-Version: 13\n\n"),
        ("curl", "GET /ws HTTP/1.1\nHost: example.com\nUser-Agent: curl/8.8.0\nAccept: */*\nUpgrade: websocket\nConnection: Upgrade\n" + Key + "Sec-WebSocket-Version: 13\n\n"),
        ("wrk-like bench", "GET / HTTP/1.1\nHost: a\nUpgrade: websocket\nConnection: Upgrade\n" + Key + "Sec-WebSocket-Version: 13\n\n"),
    ];

    /// <summary>What clients of the field ask for without a body: each is plain.</summary>
    public static readonly (string Client, string Head)[] OrdinaryPlain =
    [
        ("Chrome", "GET /app.js?v=12 HTTP/1.1\nHost: example.com\nConnection: keep-alive\nsec-ch-ua: \"Chromium\";v=\"126\"\nsec-ch-ua-mobile: ?0\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\nAccept: */*\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: script\nReferer: https://example.com/\nAccept-Encoding: gzip, deflate, br, zstd\nAccept-Language: en-US,en;q=0.9\nCookie: a=b; c=d\nIf-None-Match: \"v12\"\n\n"),
        ("Chrome, preflight", "OPTIONS /api HTTP/1.1\nHost: example.com\nConnection: keep-alive\nAccept: */*\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: content-type\nOrigin: https://other.example\nUser-Agent: Mozilla/5.0\n\n"),
        ("curl", "GET /x/%C3%A4?y=%zz HTTP/1.1\nHost: 127.0.0.1:8080\nUser-Agent: curl/8.8.0\nAccept: */*\n\n"),
        ("curl -I", "HEAD / HTTP/1.1\nHost: [::1]:8080\nUser-Agent: curl/8.8.0\nAccept: */*\n\n"),
        ("EventSource", "GET /events HTTP/1.1\nHost: a\nconnection: Keep-Alive\nAccept: text/event-stream\nCache-Control: no-cache\nLast-Event-ID: 7\n\n"),
        ("wrk", "GET / HTTP/1.1\nHost: a\n\n"),
        ("Range", "GET /v HTTP/1.1\nHost: a\nRange: bytes=0-99\nTE: trailers\nX-A: gr\u00fc\u00dfe\n\n"),
    ];

    /// <summary>Heads that Kestrel refuses, or takes as something else than a plain upgrade or a plain request.</summary>
    public static readonly string[] Odd =
    [
        "GET / HTTP/1.1\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nHost: b\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a b\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a/b\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: u@a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a:\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a:8o\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: [::]\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: [::1]x\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: [fe80::1%25eth0]\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost:\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET http://a/ HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET http://b/ HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET https://a:443/x HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET http:// HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET ws://a/ HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET * HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET a:80 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET /%00 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET /a?%00 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET /\u00e4 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET /\u0001 HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET //HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.0\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.2\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "get / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "POST / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nContent-Length: 0\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nContent-Length: 5\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nTransfer-Encoding: chunked\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nExpect: 100-continue\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade, X-Drop\nX-Drop: 1\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: close, Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: keep-alive\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: keep-alive\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__\n\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket, h2c\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: h2c\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade\n" + Key + "\n",
        "GET / HTTP/1.1\nHost : a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nX: b\n c\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\n Host: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nX\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\n: x\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nX(Y): x\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nX: a\0b\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\nX: a\u0007b\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "GET / HTTP/1.1\nHost: a\n\u00e4: b\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
        "POST / HTTP/1.1\nHost: a\n\n",
        "DELETE / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.0\nHost: a\n\n",
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\nHost: a\nConnection: close\n\n",
        "GET / HTTP/1.1\nHost: a\nConnection: keep-alive, X-Drop\nX-Drop: 1\n\n",
        "GET / HTTP/1.1\nHost: a\nConnection: keep-alive\nConnection: close\n\n",
        "GET / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
        "GET / HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
        "GET / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0\n\n",
        "GET / HTTP/1.1\nHost: a\nTransfer-Encoding : chunked\n\n0\n\n",
        "GET / HTTP/1.1\nHost: a\nExpect: 100-continue\n\n",
        "GET http://a/ HTTP/1.1\nHost: a\n\n",
        "OPTIONS * HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\nHost: a\nHost: b\n\n",
        "GET / HTTP/1.1\nHost: a\nUpgrade: h2c\n\n",
        "PRI * HTTP/2.0\n\nSM\n\n",
        "GET /\n\n",
        "\nGET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n" + Key + "\n",
    ];

    /// <summary>A head written with LF, as it goes over the wire.</summary>
    public static byte[] Bytes(string head) => Encoding.Latin1.GetBytes(head.Replace("\n", "\r\n", StringComparison.Ordinal));
}
