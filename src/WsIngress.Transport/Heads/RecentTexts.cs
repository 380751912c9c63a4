using System.Buffers.Binary;
using System.Text;

namespace WsIngress.Transport.Heads;

/// <summary>
/// Texts that were lately made of bytes. An open socket keeps its Host, path and User-Agent for the log, and among thousands of sockets most are
/// equal: they share one string. Bounded, and whatever falls into a place that is taken replaces what is there.
/// </summary>
internal sealed class RecentTexts
{
    private const int Places = 256;

    /// <summary>Longer ones are seldom equal, and would be held.</summary>
    private const int MaxLength = 256;

    private readonly string?[] _texts = new string?[Places];

    /// <summary>The bytes as Latin-1.</summary>
    public string Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxLength)
        {
            return Encoding.Latin1.GetString(bytes);
        }

        ref string? place = ref _texts[PlaceOf(bytes)];
        if (place is not { } text || text.Length != bytes.Length || !Ascii.Equals(bytes, text))
        {
            place = text = Encoding.Latin1.GetString(bytes);
        }

        return text;
    }

    /// <summary>Length, both ends and the middle: what differs between hosts, and between browsers.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> bytes)
    {
        uint hash = (uint)bytes.Length;
        if (bytes.Length >= 8)
        {
            int middle = (bytes.Length / 2) - 4;
            ulong ends = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ (BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]) * 31);
            ulong all = (ends + BinaryPrimitives.ReadUInt64LittleEndian(bytes[middle..]) + hash) * 0x9e37_79b9_7f4a_7c15;
            return (int)(all >> 56);
        }

        foreach (byte b in bytes)
        {
            hash = (hash * 31) + b;
        }

        return (int)(hash * 0x9e37_79b1 >> 24);
    }
}
