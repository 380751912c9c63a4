using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace WsIngress.Transport.Heads;

/// <summary>How far a reader of the PROXY protocol came.</summary>
internal enum ProxyProtocolStatus
{
    /// <summary>The connection does not begin with a header.</summary>
    Absent,
    Incomplete,
    Malformed,
    Complete,
}

/// <summary>
/// Reads the header that a load balancer puts before a connection's own bytes (the PROXY protocol specification, versions 1 and
/// 2). Version 1 is at most 107 bytes; version 2 is bounded here at 4 KiB with its TLVs.
/// </summary>
internal static class ProxyProtocolHeader
{
    private const int MaxV1 = 107;
    private const int MaxV2 = 4096;

    private static ReadOnlySpan<byte> V1 => "PROXY "u8;

    private static ReadOnlySpan<byte> V2 => [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

    /// <param name="buffer">Bytes so far.</param>
    /// <param name="source">The client's address; null when the header says LOCAL or UNKNOWN.</param>
    /// <param name="consumed">Length of the header; 0 unless it is complete.</param>
    public static ProxyProtocolStatus TryRead(ReadOnlySequence<byte> buffer, out IPEndPoint? source, out int consumed)
    {
        if (buffer.IsSingleSegment)
        {
            return TryRead(buffer.FirstSpan, out source, out consumed);
        }

        Span<byte> bytes = stackalloc byte[(int)Math.Min(buffer.Length, MaxV2)];
        buffer.Slice(0, bytes.Length).CopyTo(bytes);
        return TryRead(bytes, out source, out consumed);
    }

    /// <inheritdoc cref="TryRead(ReadOnlySequence{byte}, out IPEndPoint?, out int)"/>
    public static ProxyProtocolStatus TryRead(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        var status = Read(bytes, out source, out consumed);
        if (status != ProxyProtocolStatus.Complete)
        {
            source = null;
            consumed = 0;
        }

        return status;
    }

    private static ProxyProtocolStatus Read(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        source = null;
        consumed = 0;
        if (StartsLike(bytes, V2))
        {
            return bytes.Length < V2.Length ? ProxyProtocolStatus.Incomplete : ReadV2(bytes, out source, out consumed);
        }

        if (StartsLike(bytes, V1))
        {
            return bytes.Length < V1.Length ? ProxyProtocolStatus.Incomplete : ReadV1(bytes, out source, out consumed);
        }

        return ProxyProtocolStatus.Absent;
    }

    private static bool StartsLike(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        var length = Math.Min(bytes.Length, signature.Length);
        return bytes[..length].SequenceEqual(signature[..length]);
    }

    /// <summary><c>PROXY TCP4|TCP6|UNKNOWN source destination sport dport CRLF</c>.</summary>
    private static ProxyProtocolStatus ReadV1(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        source = null;
        consumed = 0;
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length >= MaxV1 ? ProxyProtocolStatus.Malformed : ProxyProtocolStatus.Incomplete;
        }

        if (end + 2 > MaxV1)
        {
            return ProxyProtocolStatus.Malformed;
        }

        consumed = end + 2;
        var parts = Encoding.ASCII.GetString(bytes[..end]).Split(' ');
        if (parts.Length >= 2 && parts[1] == "UNKNOWN")
        {
            return ProxyProtocolStatus.Complete;
        }

        var isValid = parts.Length == 6 && parts[1] is "TCP4" or "TCP6"
            && AddressText.TryParse(parts[2], out var address)
            && address.AddressFamily == (parts[1] == "TCP4" ? System.Net.Sockets.AddressFamily.InterNetwork : System.Net.Sockets.AddressFamily.InterNetworkV6)
            && AddressText.TryParse(parts[3], out _)
            && TryPort(parts[4], out var port) && TryPort(parts[5], out _)
            && (source = new IPEndPoint(address, port)) is not null;
        return isValid ? ProxyProtocolStatus.Complete : ProxyProtocolStatus.Malformed;
    }

    private static bool TryPort(string text, out int port)
    {
        port = 0;
        return text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit) && int.TryParse(text, out port) && port <= 65535;
    }

    private static ProxyProtocolStatus ReadV2(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        source = null;
        consumed = 0;
        if (bytes.Length < 16)
        {
            return ProxyProtocolStatus.Incomplete;
        }

        var command = bytes[12];
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (command >> 4 != 2 || (command & 0xf) > 1 || length + 16 > MaxV2)
        {
            return ProxyProtocolStatus.Malformed;
        }

        if (bytes.Length < 16 + length)
        {
            return ProxyProtocolStatus.Incomplete;
        }

        consumed = 16 + length;
        var body = bytes.Slice(16, length);
        var isLocal = (command & 0xf) == 0;
        switch (bytes[13] >> 4)
        {
            case 1 when body.Length >= 12:
                source = isLocal ? null : new IPEndPoint(new IPAddress(body[..4]), BinaryPrimitives.ReadUInt16BigEndian(body[8..]));
                return ProxyProtocolStatus.Complete;
            case 2 when body.Length >= 36:
                source = isLocal ? null : new IPEndPoint(new IPAddress(body[..16]), BinaryPrimitives.ReadUInt16BigEndian(body[32..]));
                return ProxyProtocolStatus.Complete;
            case 0 or 3:
                return ProxyProtocolStatus.Complete;
            default:
                return isLocal ? ProxyProtocolStatus.Complete : ProxyProtocolStatus.Malformed;
        }
    }
}
