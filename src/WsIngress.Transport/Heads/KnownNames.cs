using System.Text;
using Microsoft.Net.Http.Headers;

namespace WsIngress.Transport.Heads;

/// <summary>What a header means for the question whether a head is a plain one.</summary>
internal enum HeaderRole
{
    None,
    Host,
    Connection,
    Upgrade,

    /// <summary>It promises a body, or asks before it sends one: for the HTTP server to judge.</summary>
    Body,
}

/// <summary>A header name that is not allocated anew for each line.</summary>
/// <param name="Text">The name as it is handed on.</param>
/// <param name="Role">What it means here.</param>
/// <param name="IsAnySpelling">Found in any case; else only as <paramref name="Text"/> has it, so that the client's spelling stays.</param>
/// <param name="Values">Values that most clients send.</param>
internal sealed record KnownName(string Text, HeaderRole Role, bool IsAnySpelling, string[] Values)
{
    /// <summary>Different clients send the same values of it, and no secret.</summary>
    public bool IsShared { get; } = Text is "Host" or "Origin" or "User-Agent" or "Accept-Language";

    /// <summary>The value as one of the common ones, or null.</summary>
    public string? CommonValue(ReadOnlySpan<byte> value)
    {
        foreach (string common in Values)
        {
            if (common.Length == value.Length && Ascii.Equals(value, common))
            {
                return common;
            }
        }

        return null;
    }
}

/// <summary>
/// Header names by their bytes. Those that Kestrel spells its own way whatever the client wrote are here in that spelling, and only those in any
/// case, so that both ways to a handshake give the same names.
/// </summary>
internal static class KnownNames
{
    private const int Size = 1024;

    /// <summary>Names of requests and answers that Kestrel spells its own way; a test compares them with it.</summary>
    private static readonly string[] Respelt =
    [
        HeaderNames.Accept, HeaderNames.AcceptCharset, HeaderNames.AcceptEncoding, HeaderNames.AcceptLanguage, HeaderNames.AcceptRanges,
        HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders, HeaderNames.AccessControlAllowMethods,
        HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlExposeHeaders, HeaderNames.AccessControlMaxAge,
        HeaderNames.AccessControlRequestHeaders, HeaderNames.AccessControlRequestMethod, HeaderNames.Age, HeaderNames.Allow, HeaderNames.AltSvc,
        "Alt-Used", HeaderNames.Authorization, HeaderNames.Baggage, HeaderNames.CacheControl, HeaderNames.Connection, HeaderNames.ContentDisposition,
        HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength, HeaderNames.ContentLocation, HeaderNames.ContentMD5,
        HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentSecurityPolicyReportOnly, HeaderNames.ContentType,
        HeaderNames.Cookie, HeaderNames.CorrelationContext, HeaderNames.DNT, HeaderNames.Date, HeaderNames.ETag, HeaderNames.Expect,
        HeaderNames.Expires, HeaderNames.From, HeaderNames.GrpcAcceptEncoding, HeaderNames.GrpcEncoding, HeaderNames.GrpcMessage,
        HeaderNames.GrpcStatus, HeaderNames.GrpcTimeout, HeaderNames.Host, HeaderNames.IfMatch, HeaderNames.IfModifiedSince,
        HeaderNames.IfNoneMatch, HeaderNames.IfRange, HeaderNames.IfUnmodifiedSince, HeaderNames.KeepAlive, HeaderNames.LastModified,
        HeaderNames.Link, HeaderNames.Location, HeaderNames.MaxForwards, HeaderNames.Origin, HeaderNames.Pragma, HeaderNames.ProxyAuthenticate,
        HeaderNames.ProxyAuthorization, HeaderNames.ProxyConnection, HeaderNames.Range, HeaderNames.Referer, HeaderNames.RequestId,
        HeaderNames.RetryAfter, HeaderNames.SecWebSocketAccept, HeaderNames.SecWebSocketExtensions, HeaderNames.SecWebSocketKey,
        HeaderNames.SecWebSocketProtocol, HeaderNames.SecWebSocketVersion, HeaderNames.Server, HeaderNames.SetCookie,
        HeaderNames.StrictTransportSecurity, HeaderNames.TE, HeaderNames.TraceParent, HeaderNames.TraceState, HeaderNames.Trailer,
        HeaderNames.TransferEncoding, HeaderNames.Translate, HeaderNames.Upgrade, HeaderNames.UpgradeInsecureRequests, HeaderNames.UserAgent,
        HeaderNames.Vary, HeaderNames.Via, HeaderNames.WWWAuthenticate, HeaderNames.Warning, HeaderNames.WebSocketSubProtocols,
        HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy, HeaderNames.XRequestedWith, HeaderNames.XUACompatible,
        HeaderNames.XXSSProtection,
    ];

    /// <summary>Names that browsers and load balancers send and Kestrel hands on as they come.</summary>
    private static readonly string[] AsSent =
    [
        "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-GPC", "Priority", "Forwarded",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-IP", "X-Request-ID", "X-Request-Id",
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-request-id",
    ];

    private static readonly KnownName?[] Table = CreateTable();

    public static KnownName? Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return null;
        }

        for (int place = PlaceOf(name); Table[place] is { } known; place = (place + 1) % Size)
        {
            if (known.Text.Length == name.Length && (known.IsAnySpelling ? Ascii.EqualsIgnoreCase(name, known.Text) : Ascii.Equals(name, known.Text)))
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>Length and four letters without their case: few of the names above meet in one place.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> name)
    {
        int last = name.Length - 1;
        uint letters = ((uint)name[0] << 24) | ((uint)name[last] << 16) | ((uint)name[last / 2] << 8) | name[last * 3 / 4];
        return (int)((((letters | 0x2020_2020) + (uint)name.Length) * 0x9e37_79b1) >> 22);
    }

    private static KnownName?[] CreateTable()
    {
        var table = new KnownName?[Size];
        foreach (string name in Respelt)
        {
            Add(table, new KnownName(name, RoleOf(name), IsAnySpelling: true, ValuesOf(name)));
        }

        foreach (string name in AsSent)
        {
            Add(table, new KnownName(name, HeaderRole.None, IsAnySpelling: false, ValuesOf(name)));
        }

        return table;
    }

    private static void Add(KnownName?[] table, KnownName known)
    {
        int place = PlaceOf(Encoding.ASCII.GetBytes(known.Text));
        while (table[place] is not null)
        {
            place = (place + 1) % Size;
        }

        table[place] = known;
    }

    private static HeaderRole RoleOf(string name) => name switch
    {
        "Host" => HeaderRole.Host,
        "Connection" => HeaderRole.Connection,
        "Upgrade" => HeaderRole.Upgrade,
        "Content-Length" or "Transfer-Encoding" or "Expect" => HeaderRole.Body,
        _ => HeaderRole.None,
    };

    private static string[] ValuesOf(string name) => name switch
    {
        "Connection" => ["Upgrade", "keep-alive", "keep-alive, Upgrade"],
        "Upgrade" => ["websocket"],
        "Accept" => ["*/*"],
        "Accept-Encoding" => ["gzip, deflate, br, zstd", "gzip, deflate, br", "gzip, deflate"],
        "Cache-Control" or "Pragma" => ["no-cache"],
        "Sec-WebSocket-Version" => ["13"],
        "Sec-WebSocket-Extensions" => ["permessage-deflate; client_max_window_bits", "permessage-deflate"],
        "Sec-Fetch-Dest" => ["websocket", "empty"],
        "Sec-Fetch-Mode" => ["websocket"],
        "Sec-Fetch-Site" => ["same-origin", "same-site", "cross-site"],
        "X-Forwarded-Proto" or "x-forwarded-proto" => ["https", "http"],
        _ => [],
    };
}
