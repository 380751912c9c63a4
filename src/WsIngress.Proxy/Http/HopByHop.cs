using System.Collections.Frozen;

namespace WsIngress.Proxy.Http;

/// <summary>Headers that belong to one connection and are never forwarded (RFC 9110 §7.6.1), and those of the handshake itself.</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool Is(string name) => Names.Contains(name);

    /// <summary>True when a Connection header of the message names the field.</summary>
    public static bool IsNamedByConnection(HeaderList headers, string name) => headers.HasToken("Connection", name);
}
