using System.Net;

namespace WsIngress.Routing;

/// <summary>What an address stands for. One rule for what is written in an object and for what a name resolves to.</summary>
public static class AddressScope
{
    /// <summary>Where clouds keep their metadata off the link: Alibaba, Azure, AWS over IPv6.</summary>
    private static readonly IPAddress[] Metadata = [IPAddress.Parse("100.100.100.200"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("fd00:ec2::254")];

    /// <summary>One other host, and neither this one nor one of this link: no loopback, no link-local (most clouds' metadata) nor other metadata, no group.</summary>
    public static bool IsRemoteUnicast(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !IPAddress.IsLoopback(plain) && !IsLinkLocal(plain) && !Metadata.Contains(plain) && IsUnicast(plain);
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
