using System.Net;

namespace WsIngress.Routing;

/// <summary>What an address stands for. One rule for what is written in an object and for what a name resolves to.</summary>
public static class AddressScope
{
    /// <summary>One other host, and neither this one nor one of this link: no loopback, no link-local (the cloud's metadata), no group.</summary>
    public static bool IsRemoteUnicast(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !IPAddress.IsLoopback(plain) && !IsLinkLocal(plain) && IsUnicast(plain);
    }

    /// <summary>False for the unspecified address, multicast and broadcast.</summary>
    public static bool IsUnicast(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 16 ? !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any) : bytes[0] is > 0 and < 224;
    }

    private static bool IsLinkLocal(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 16 ? address.IsIPv6LinkLocal : bytes[0] == 169 && bytes[1] == 254;
    }
}
