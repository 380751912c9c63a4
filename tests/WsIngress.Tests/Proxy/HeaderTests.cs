using System.Collections.Immutable;
using System.Net;
using WsIngress.Proxy.Http;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What the pod and the client see of each other's header lines, the same for plain HTTP and for WebSockets.</summary>
public sealed class HeaderTests
{
    public enum Kind
    {
        Http1,
        Http2,
        Ws1,
        Ws2,
    }

    public static TheoryData<Kind> Kinds => [.. Enum.GetValues<Kind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task End_to_end_headers_reach_the_pod_as_they_were_sent(Kind kind)
    {
        var (head, _) = await AskAsync(
            kind,
            [("Cookie", "a=1; b=2"), ("Authorization", "Bearer abc.def"), ("X-Custom", "one"), ("X-Custom", "two"), ("X-Latin", "gr\u00fc\u00dfe"), ("Origin", "https://a.example"), ("User-Agent", "probe/1")]);

        Assert.Equal(["a=1; b=2"], Lines(head, "Cookie"));
        Assert.Equal(["Bearer abc.def"], Lines(head, "Authorization"));
        Assert.Equal(["one", "two"], Lines(head, "X-Custom").SelectMany(v => v.Split(", ")));
        Assert.Equal(["gr\u00fc\u00dfe"], Lines(head, "X-Latin"));
        Assert.Equal(["https://a.example"], Lines(head, "Origin"));
        Assert.Equal(["probe/1"], Lines(head, "User-Agent"));
        Assert.Equal(["shop.example:8080"], Lines(head, "Host"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Headers_of_one_hop_do_not_pass(Kind kind)
    {
        // The server itself forgets unknown tokens beside a lone "close" or "Upgrade"; so the header is written in a form that it keeps.
        List<(string, string)> sent = [("Proxy-Authorization", "Basic x"), ("Proxy", "http://evil.example")];
        if (kind is Kind.Http1 or Kind.Ws1)
        {
            sent.AddRange([("Connection", kind == Kind.Ws1 ? "keep-alive, X-Hop" : "X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("TE", "trailers"), ("Proxy-Connection", "keep-alive")]);
        }

        var (head, _) = await AskAsync(kind, [.. sent]);

        foreach (var name in new[] { "Proxy-Authorization", "Proxy", "X-Hop", "Keep-Alive", "Proxy-Connection" })
        {
            Assert.Empty(Lines(head, name));
        }

        Assert.DoesNotContain(Lines(head, "Connection"), v => v.Contains("X-Hop", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_untrusted_client_cannot_say_who_it_is(Kind kind)
    {
        var (head, _) = await AskAsync(
            kind,
            [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-Port", "1"), ("X-Real-IP", "6.6.6.6"), ("X-Request-ID", "mine"), ("X_Forwarded_For", "6.6.6.6"), ("x_real-ip", "6.6.6.6"),
                ("Forwarded", "for=6.6.6.6;host=evil"), ("X-Forwarded-Prefix", "/evil"), ("x-forwarded-ssl", "on"), ("X_Forwarded_Prefix", "/evil"), ("X-Original-Forwarded-For", "6.6.6.6"), ("X-Scheme", "gopher")]);

        var tls = kind is Kind.Http2 or Kind.Ws2;
        Assert.Equal(["127.0.0.1"], Lines(head, "X-Forwarded-For"));
        Assert.Equal([tls ? "https" : "http"], Lines(head, "X-Forwarded-Proto"));
        Assert.Equal(["shop.example:8080"], Lines(head, "X-Forwarded-Host"));
        Assert.Equal(["8080"], Lines(head, "X-Forwarded-Port"));
        Assert.Equal(["127.0.0.1"], Lines(head, "X-Real-IP"));
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(Lines(head, "X-Request-ID")));
        Assert.DoesNotContain("6.6.6.6", head, StringComparison.Ordinal);
        foreach (var name in new[] { "Forwarded", "X-Forwarded-Prefix", "X-Forwarded-Ssl", "X_Forwarded_Prefix", "X-Original-Forwarded-For", "X-Scheme" })
        {
            Assert.Empty(Lines(head, name));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_trusted_proxy_is_believed_and_appended_to(Kind kind)
    {
        var (head, _) = await AskAsync(
            kind,
            [("X-Forwarded-For", "6.6.6.6, 9.9.9.9, ::ffff:127.0.0.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "public.example"), ("X-Forwarded-Port", "4433"), ("X-Request-ID", "abc-1"), ("Forwarded", "for=6.6.6.6"), ("X-Forwarded-Prefix", "/app")],
            o => o with { TrustedProxies = Networks("127.0.0.0/8") });

        Assert.Equal(["6.6.6.6, 9.9.9.9, ::ffff:127.0.0.7, 127.0.0.1"], Lines(head, "X-Forwarded-For"));
        Assert.Equal(["9.9.9.9"], Lines(head, "X-Real-IP"));
        Assert.Equal(["https"], Lines(head, "X-Forwarded-Proto"));
        Assert.Equal(["public.example"], Lines(head, "X-Forwarded-Host"));
        Assert.Equal(["4433"], Lines(head, "X-Forwarded-Port"));
        Assert.Equal(["abc-1"], Lines(head, "X-Request-ID"));
        Assert.Equal(["for=6.6.6.6"], Lines(head, "Forwarded"));
        Assert.Equal(["/app"], Lines(head, "X-Forwarded-Prefix"));
    }

    /// <summary>HAProxy's <c>forwardfor</c> adds a line of its own below the one that the client sent.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_last_of_several_forwarded_for_lines_counts(Kind kind)
    {
        var (head, _) = await AskAsync(kind, [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "9.9.9.9")], o => o with { TrustedProxies = Networks("127.0.0.0/8") });

        Assert.Equal(["9.9.9.9"], Lines(head, "X-Real-IP"));
        Assert.Equal(["6.6.6.6", "9.9.9.9", "127.0.0.1"], Assert.Single(Lines(head, "X-Forwarded-For")).Split(",", StringSplitOptions.TrimEntries));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_answers_headers_reach_the_client_without_those_of_one_hop(Kind kind)
    {
        var (_, answer) = await AskAsync(kind, [], status: "403 Forbidden", answer: "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nX-Latin: gr\u00fc\u00dfe\r\nServer: pod/1\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n");

        Assert.Equal(["a=1; Path=/", "b=2"], All(answer, "Set-Cookie"));
        Assert.Equal("gr\u00fc\u00dfe", answer.Get("X-Latin"));
        Assert.Equal("pod/1", answer.Get("Server"));
        Assert.Null(answer.Get("X-Hop"));
        Assert.Null(answer.Get("Keep-Alive"));
        Assert.Null(answer.Get("Proxy-Authenticate"));
    }

    [Theory]
    [InlineData(Kind.Ws1)]
    [InlineData(Kind.Ws2)]
    public async Task Subprotocol_extensions_and_cookies_of_a_101_reach_the_client(Kind kind)
    {
        const string Extensions = "permessage-deflate; client_max_window_bits, x-other";
        var (head, answer) = await AskAsync(
            kind,
            [("Sec-WebSocket-Protocol", "v2, v1"), ("Sec-WebSocket-Extensions", Extensions)],
            status: "101 Switching Protocols",
            answer: "Sec-WebSocket-Protocol: v1\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSet-Cookie: s=1; HttpOnly\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nContent-Length: 0\r\n");

        Assert.Equal(["v2, v1"], Lines(head, "Sec-WebSocket-Protocol"));
        Assert.Equal([Extensions], Lines(head, "Sec-WebSocket-Extensions"));
        Assert.Equal(["websocket"], Lines(head, "Upgrade"));
        Assert.Equal(["Upgrade"], Lines(head, "Connection"));
        Assert.Equal(["13"], Lines(head, "Sec-WebSocket-Version"));
        Assert.Equal("v1", answer.Get("Sec-WebSocket-Protocol"));
        Assert.Equal("permessage-deflate", answer.Get("Sec-WebSocket-Extensions"));
        Assert.Equal(["s=1; HttpOnly"], All(answer, "Set-Cookie"));
        Assert.Equal(kind == Kind.Ws1 ? RawHandshake.Accept : null, answer.Get("Sec-WebSocket-Accept"));
        Assert.Null(answer.Get("Content-Length"));
    }

    [Fact]
    public async Task A_client_over_http2_cannot_choose_the_key_of_the_pods_handshake()
    {
        var (head, _) = await AskAsync(Kind.Ws2, [("Sec-WebSocket-Key", RawHandshake.Key)]);

        Assert.NotEqual(RawHandshake.Key, Assert.Single(Lines(head, "Sec-WebSocket-Key")));
    }

    internal static ImmutableArray<IPNetwork> Networks(params string[] text) => [.. text.Select(IPNetwork.Parse)];

    /// <summary>Sends one request of the kind and gives back the head that the pod saw and the client's answer headers.</summary>
    private static async Task<(string Head, HeaderList Answer)> AskAsync(
        Kind kind,
        (string Name, string Value)[] headers,
        Func<WsIngress.Proxy.ProxyOptions, WsIngress.Proxy.ProxyOptions>? configure = null,
        string status = "200 OK",
        string answer = "")
    {
        var isSwitch = status.StartsWith("101", StringComparison.Ordinal);
        await using var pod = RawPod.Start(c => c.SendAsync($"HTTP/1.1 {status}\r\n{answer}" + (isSwitch ? "\r\n" : "Content-Length: 0\r\n\r\n")));
        await using var proxy = await TestProxy.StartAsync(configure);
        proxy.Publish([pod.Endpoint], RoutePolicy.Default);
        const string Host = "shop.example:8080";
        switch (kind)
        {
            case Kind.Http2:
                return (await Http2Async(proxy, Host, headers) is var list ? pod.Heads.Single() : "", list);
            case Kind.Http1:
                var lines = string.Concat(headers.Select(h => $"\n{h.Name}: {h.Value}"));
                await using (var plain = await RawHandshake.SendAsync(proxy, $"GET / HTTP/1.1\nHost: {Host}{lines}"))
                {
                    return (pod.Heads.Single(), plain.Headers);
                }

            default:
                await using (var client = await RawHandshake.OpenAsync(proxy, kind == Kind.Ws1 ? WsVia.Http1 : WsVia.Http2, host: Host, headers: headers))
                {
                    return (pod.Heads.Single(), client.Headers);
                }
        }
    }

    private static async Task<HeaderList> Http2Async(TestProxy proxy, string host, (string Name, string Value)[] headers)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseCookies = false,
            RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1,
            ResponseHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1,
            SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{proxy.HttpsPort}/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = host;
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, CancellationToken.None);
        var list = new HeaderList();
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            foreach (var value in values)
            {
                list.Add(name, value);
            }
        }

        return list;
    }

    private static IEnumerable<string> Lines(string head, string name) => head.Split("\r\n")
        .Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(l => l[(name.Length + 1)..].Trim());

    private static List<string> All(HeaderList headers, string name)
    {
        var values = new List<string>();
        foreach (var field in headers)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                values.Add(field.Value);
            }
        }

        return values;
    }
}
