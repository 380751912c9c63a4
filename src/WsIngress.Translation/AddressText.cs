using System.Net;
using System.Net.Sockets;

namespace WsIngress.Translation;

/// <summary>IP addresses without the old notations: no <c>10.1</c>, no octal <c>010.0.0.1</c>, no IPv6 scope.</summary>
internal static class AddressText
{
    public static bool TryParse(string text, out IPAddress address)
    {
        if (text.Length is 0 or > 45
            || text.AsSpan().IndexOfAny('%', '[', ']') >= 0
            || !IPAddress.TryParse(text, out var parsed)
            || (parsed.AddressFamily == AddressFamily.InterNetwork && !IsWrittenAs(parsed, text)))
        {
            address = IPAddress.None;
            return false;
        }

        address = parsed;
        return true;
    }

    /// <summary>The address itself and not this host, this link, nobody or everybody.</summary>
    public static bool IsRemoteUnicast(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !IPAddress.IsLoopback(plain) && !IsLinkLocal(plain) && IsUnicast(plain);
    }

    /// <summary>False for the unspecified address, multicast and broadcast.</summary>
    public static bool IsUnicast(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        }

        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] is > 0 and < 224;
    }

    private static bool IsWrittenAs(IPAddress address, string text)
    {
        Span<char> written = stackalloc char[15];
        return address.TryFormat(written, out var length) && text.AsSpan().SequenceEqual(written[..length]);
    }

    private static bool IsLinkLocal(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6LinkLocal;
        }

        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] == 169 && bytes[1] == 254;
    }
}
