using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace WsIngress.Transport.Native;

/// <summary><c>struct sockaddr_in</c> and <c>sockaddr_in6</c> (ip(7), ipv6(7)): family in host order, port and address as on the wire.</summary>
internal static class SocketAddress
{
    public const int MaxLength = 28;

    /// <summary>Writes the end point and answers its length. A mapped IPv4 address stays IPv6.</summary>
    public static int Write(IPEndPoint endPoint, Span<byte> destination)
    {
        destination[..MaxLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)endPoint.Port);
        if (endPoint.AddressFamily == AddressFamily.InterNetwork)
        {
            BitConverter.TryWriteBytes(destination, (ushort)LibC.AF_INET);
            endPoint.Address.TryWriteBytes(destination[4..], out _);
            return 16;
        }

        BitConverter.TryWriteBytes(destination, (ushort)LibC.AF_INET6);
        endPoint.Address.TryWriteBytes(destination[8..], out _);
        BitConverter.TryWriteBytes(destination[24..], (uint)endPoint.Address.ScopeId);
        return MaxLength;
    }

    /// <summary>Reads what the kernel wrote; a mapped IPv4 address becomes IPv4.</summary>
    public static IPEndPoint Read(ReadOnlySpan<byte> source)
    {
        var family = BitConverter.ToUInt16(source);
        var port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        if (family == LibC.AF_INET)
        {
            return new IPEndPoint(new IPAddress(source.Slice(4, 4)), port);
        }

        var address = new IPAddress(source.Slice(8, 16), BitConverter.ToUInt32(source[24..]));
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }
}
