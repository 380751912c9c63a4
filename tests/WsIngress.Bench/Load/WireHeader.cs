using System.Buffers.Binary;

namespace WsIngress.Bench.Load;

/// <summary>The header of a WebSocket frame (RFC 6455 §5.2) as the load reads and writes it; the product's own scanner is what is measured.</summary>
internal readonly record struct WireHeader(byte First, bool Masked, long Payload)
{
    public const byte Text = 0x81;
    public const byte Binary = 0x82;
    public const byte Close = 0x88;
    public const byte Ping = 0x89;
    public const byte Pong = 0x8A;

    /// <summary>Bytes of length fields; the mask is not in it.</summary>
    public int Bare => Payload < 126 ? 2 : Payload <= ushort.MaxValue ? 4 : 10;

    public int Length => Bare + (Masked ? 4 : 0);

    public long Frame => Length + Payload;

    /// <summary>False while the bytes end before the header does.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out WireHeader header)
    {
        header = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        var (masked, code) = (bytes[1] >= 0x80, bytes[1] & 0x7F);
        var needed = code switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < needed + (masked ? 4 : 0))
        {
            return false;
        }

        header = new(bytes[0], masked, code switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            127 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => code,
        });
        return true;
    }

    /// <summary>Writes all but the mask and answers <see cref="Bare"/>.</summary>
    public int Write(Span<byte> to)
    {
        var mask = Masked ? 0x80 : 0;
        to[0] = First;
        switch (Bare)
        {
            case 2:
                to[1] = (byte)(mask | (int)Payload);
                break;
            case 4:
                to[1] = (byte)(mask | 126);
                BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)Payload);
                break;
            default:
                to[1] = (byte)(mask | 127);
                BinaryPrimitives.WriteInt64BigEndian(to[2..], Payload);
                break;
        }

        return Bare;
    }
}
