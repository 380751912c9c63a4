using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using WsIngress.Relay;
using WsIngress.Transport.Heads;

namespace WsIngress.Proxy.Http;

/// <summary>Where a request came from and what the pod is told about it.</summary>
public sealed record ForwardedValues
{
    /// <summary>The client as far as it can be trusted; rules, hashing and logs use it.</summary>
    public required IPAddress ClientAddress { get; init; }

    public required string For { get; init; }
    public required string Proto { get; init; }
    public required string Host { get; init; }
    public required string Port { get; init; }
    public required string RequestId { get; init; }

    /// <summary>The peer's word counts.</summary>
    public bool IsTrusted { get; init; }

    internal void Apply(Action<string, string> set)
    {
        set("X-Forwarded-For", For);
        set("X-Forwarded-Proto", Proto);
        set("X-Forwarded-Host", Host);
        set("X-Forwarded-Port", Port);
        set("X-Real-IP", ClientAddress.ToString());
        set("X-Request-ID", RequestId);
    }
}

/// <summary>
/// Sets the forwarding headers as nginx does: what a client sends under these names is replaced, unless its address is in a
/// trusted network; then the chain is kept, appended to, and read from the right for the first address that is not trusted.
/// </summary>
public sealed class ForwardedHeaders(ImmutableArray<IPNetwork> trusted)
{
    /// <summary>An address list longer than this is cut from the left: nothing real has so many proxies.</summary>
    private const int MaxChain = 32;
    private const int MaxText = 4096;

    public static readonly string[] Names = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP", "X-Request-ID"];

    private static readonly FrozenSet<string> Lookup = Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Vouched = new[] { "Forwarded", "X-Original-Forwarded-For", "X-Scheme" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <param name="peer">Address of the connection, after PROXY protocol.</param>
    /// <param name="isTls">The connection is TLS.</param>
    /// <param name="authority">Host header as sent.</param>
    /// <param name="header">All lines of a request header joined by commas, or null.</param>
    public ForwardedValues Compute(IPAddress peer, bool isTls, string authority, Func<string, string?> header)
    {
        peer = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        var scheme = isTls ? "https" : "http";
        var values = new ForwardedValues
        {
            ClientAddress = peer,
            For = peer.ToString(),
            Proto = scheme,
            Host = authority,
            Port = PortOf(authority, isTls),
            RequestId = "",
        };

        if (Trusts(peer))
        {
            values = Keep(values, header) with { IsTrusted = true };
        }

        return values.RequestId.Length > 0 ? values : values with { RequestId = NewRequestId() };
    }

    /// <summary>True for the names above, also with <c>_</c> for <c>-</c>: to CGI-style frameworks both are one variable.</summary>
    public static bool Claims(string name) =>
        Lookup.Contains(name)
        || (name.Contains('_', StringComparison.Ordinal) && Claims(name.Replace('_', '-')));

    /// <summary>
    /// True for names under which only a proxy may speak of the client, its host or its scheme, and which are not set here: frameworks believe them too
    /// (RFC 7239, and whatever begins with <c>X-Forwarded-</c>). A peer that is not trusted has them dropped.
    /// </summary>
    public static bool NeedsTrust(string name) => name.Length > 0 && name[0] is 'x' or 'X' or 'f' or 'F'
        && (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || Vouched.Contains(name)
            || (name.Contains('_', StringComparison.Ordinal) && NeedsTrust(name.Replace('_', '-'))));

    public bool Trusts(IPAddress address) => Contains(trusted, address);

    internal static bool Contains(ImmutableArray<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private ForwardedValues Keep(ForwardedValues own, Func<string, string?> header)
    {
        var values = own;
        var sent = header("X-Forwarded-For");
        if (Chain(sent) is { } chain)
        {
            values = values with { For = $"{chain}, {own.For}", ClientAddress = FirstUntrusted(chain) ?? own.ClientAddress };
        }
        else if (string.IsNullOrEmpty(sent) && AddressText.TryParse(header("X-Real-IP"), out var real))
        {
            // Not where a chain is there and cannot be read: a proxy that sets only that one passes on X-Real-IP as the client wrote it.
            real = real.IsIPv4MappedToIPv6 ? real.MapToIPv4() : real;
            values = values with { For = $"{real}, {own.For}", ClientAddress = real };
        }

        if (header("X-Forwarded-Proto")?.Split(',')[0].Trim().ToLowerInvariant() is { } proto && proto is "http" or "https" or "ws" or "wss")
        {
            var secure = proto is "https" or "wss";
            values = values with { Proto = secure ? "https" : "http", Port = PortOf(own.Host, secure) };
        }

        if (Clean(header("X-Forwarded-Host")) is { } host)
        {
            values = values with { Host = host };
        }

        if (header("X-Forwarded-Port") is { Length: > 0 and <= 5 } port && port.All(char.IsAsciiDigit))
        {
            values = values with { Port = port };
        }

        return Clean(header("X-Request-ID")) is { Length: <= 128 } id ? values with { RequestId = id } : values;
    }

    private IPAddress? FirstUntrusted(string chain)
    {
        IPAddress? last = null;
        var hops = chain.Split(',');
        for (var i = hops.Length - 1; i >= Math.Max(0, hops.Length - MaxChain); i--)
        {
            var text = hops[i].Trim();
            if (!AddressText.TryParse(text, out var address) && !AddressText.TryParse(WithoutPort(text), out address))
            {
                return last;
            }

            last = address!.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            if (!Trusts(last))
            {
                return last;
            }
        }

        return last;
    }

    /// <summary>Some proxies write <c>address:port</c> or <c>[address]:port</c>.</summary>
    private static string WithoutPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon < 0 ? text : text[..colon].Trim('[', ']');
    }

    /// <summary>The chain's right end: a client that makes it too long must not hide behind that.</summary>
    private static string? Chain(string? value)
    {
        if (value is { Length: > MaxText })
        {
            value = value[^MaxText..];
            value = value[(value.IndexOf(',', StringComparison.Ordinal) + 1)..];
        }

        return Clean(value);
    }

    private static string? Clean(string? value) => value is { Length: > 0 and <= MaxText } && HttpSyntax.IsFieldValue(value) ? value.Trim() : null;

    private static string PortOf(string authority, bool isTls)
    {
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') && colon < authority.Length - 1 && authority.AsSpan(colon + 1).IndexOfAnyExceptInRange('0', '9') < 0
            ? authority[(colon + 1)..]
            : isTls ? "443" : "80";
    }

    private static string NewRequestId()
    {
        Span<byte> id = stackalloc byte[16];
        RandomSupply.Fill(id);
        return Convert.ToHexStringLower(id);
    }
}
