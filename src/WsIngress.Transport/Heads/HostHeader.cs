using System.Buffers;

namespace WsIngress.Transport.Heads;

/// <summary>The rule by which Kestrel takes or refuses a Host header: a name or address, and a port of digits.</summary>
internal static class HostHeader
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!$&'()-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create(":.0123456789ABCDEFabcdef"u8);

    /// <summary>Shortest <c>[::1]</c>-like text: Kestrel takes no bracket before the fifth place.</summary>
    private const int LeastBracket = 4;

    /// <summary>False for an empty value too: Kestrel lets it pass, and what then answers it is not here.</summary>
    public static bool IsValid(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty || host[0] == ':')
        {
            return false;
        }

        if (host[0] != '[')
        {
            int end = host.IndexOfAnyExcept(NameBytes);
            return end < 0 || IsPort(host[end..]);
        }

        int bracket = host[1..].IndexOfAnyExcept(AddressBytes) + 1;
        return bracket >= LeastBracket && host[bracket] == ']' && (bracket + 1 == host.Length || IsPort(host[(bracket + 1)..]));
    }

    private static bool IsPort(ReadOnlySpan<byte> text) =>
        text.Length > 1 && text[0] == ':' && !text[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
