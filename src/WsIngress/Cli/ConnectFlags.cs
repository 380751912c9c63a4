using System.Collections.Immutable;
using System.CommandLine;
using WsIngress.Client;

namespace WsIngress.Cli;

/// <summary>The flags of <c>connect</c> and how they become <see cref="ConnectOptions"/>.</summary>
internal sealed class ConnectFlags
{
    /// <summary>What the handshake itself is made of; anything else would break it or be broken by it.</summary>
    private static readonly ImmutableArray<string> OwnHeaders =
        ["Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Content-Length", "Transfer-Encoding"];

    private readonly Argument<string> _url = new("URL") { Description = "ws:// or wss:// address" };
    private readonly Option<string[]> _send = new("--send") { Description = "Send this message instead of reading standard input; may be repeated", HelpName = "TEXT" };
    private readonly Option<string?> _count = new("--count") { Description = "Leave after this many messages have come (default: as many as were sent)", HelpName = "N" };
    private readonly Option<bool> _hold = new("--hold") { Description = "Stay until the other side closes or Ctrl-C" };
    private readonly Option<bool> _binary = new("--binary") { Description = "Send standard input as binary messages of up to 64 KiB and write received bytes as they are" };
    private readonly Option<string[]> _header = new("--header", "-H") { Description = "Add a header to the handshake; may be repeated", HelpName = "'NAME: VALUE'" };
    private readonly Option<string[]> _subprotocol = new("--subprotocol") { Description = "Offer this subprotocol; may be repeated", HelpName = "NAME" };
    private readonly Option<bool> _http2 = new("--http2") { Description = "WebSocket over HTTP/2 (RFC 8441)" };
    private readonly Option<bool> _insecure = new("--insecure", "-k") { Description = "Accept any certificate" };
    private readonly Option<string[]> _resolve = new("--resolve") { Description = "Reach this host and port at that address; may be repeated", HelpName = "HOST:PORT:ADDRESS[:PORT]" };
    private readonly Option<string?> _timeout = new("--timeout") { Description = "Longest wait for the handshake and for an awaited message (default 10s)", HelpName = "DURATION" };
    private readonly Option<bool> _noPing = new("--no-ping") { Description = "Do not measure the round trip by a Ping first" };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object per event on standard output" };

    public void AddTo(Command command)
    {
        command.Add(_url);
        foreach (var option in new Option[] { _send, _count, _hold, _binary, _header, _subprotocol, _http2, _insecure, _resolve, _timeout, _noPing, _json })
        {
            command.Add(option);
        }
    }

    /// <exception cref="UsageException">A value that cannot be used.</exception>
    public ConnectOptions Read(ParseResult parse) => new()
    {
        Url = ReadUrl(parse.GetRequiredValue(_url)),
        Send = [.. parse.GetValue(_send) ?? []],
        Count = ReadCount(parse.GetValue(_count)),
        Hold = parse.GetValue(_hold),
        Binary = parse.GetValue(_binary),
        Headers = [.. (parse.GetValue(_header) ?? []).Select(ReadHeader)],
        Subprotocols = [.. (parse.GetValue(_subprotocol) ?? []).Select(ReadSubprotocol)],
        Http2 = parse.GetValue(_http2),
        Insecure = parse.GetValue(_insecure),
        Resolve = [.. (parse.GetValue(_resolve) ?? []).Select(ReadResolve)],
        Timeout = ReadTimeout(parse.GetValue(_timeout)),
        Ping = !parse.GetValue(_noPing),
        Json = parse.GetValue(_json),
    };

    private static Uri ReadUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            throw Bad("URL", text, "ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH");
        }

        var secure = url.Scheme switch
        {
            "ws" or "http" => false,
            "wss" or "https" => true,
            _ => throw Bad("URL", text, "the schemes ws and wss (http and https mean the same here)"),
        };
        return new UriBuilder(url) { Scheme = secure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, Port = url.IsDefaultPort ? -1 : url.Port, Fragment = "" }.Uri;
    }

    private static int? ReadCount(string? text) =>
        text is null ? null
        : int.TryParse(text, System.Globalization.NumberStyles.None, null, out var count) ? count
        : throw Bad("--count", text, "a whole number from 0");

    private static KeyValuePair<string, string> ReadHeader(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : text[..colon].Trim();
        var value = colon < 0 ? "" : text[(colon + 1)..].Trim();
        if (!IsToken(name) || value.Any(char.IsControl))
        {
            throw Bad("--header", text, "'NAME: VALUE' without control characters");
        }

        if (OwnHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw Bad("--header", text, $"any name but {string.Join(", ", OwnHeaders)}, which the handshake sets itself");
        }

        return new(name, value);
    }

    private static string ReadSubprotocol(string text) =>
        IsToken(text) ? text : throw Bad("--subprotocol", text, "a token: letters, digits and !#$%&'*+-.^_`|~");

    private static ResolveRule ReadResolve(string text) =>
        ResolveRule.TryParse(text, out var rule) ? rule! : throw Bad("--resolve", text, ResolveRule.Allowed);

    private static TimeSpan ReadTimeout(string? text) =>
        text is null ? TimeSpan.FromSeconds(10)
        : DurationText.TryParse(text, out var timeout) && timeout > TimeSpan.Zero ? timeout
        : throw Bad("--timeout", text, DurationText.Allowed + ", more than zero");

    /// <summary>RFC 9110 section 5.6.2.</summary>
    private static bool IsToken(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    private static UsageException Bad(string option, string value, string allowed) =>
        new($"{option}: '{value}' cannot be used; allowed: {allowed}");
}
