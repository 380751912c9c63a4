using System.Buffers.Binary;
using System.Text;

namespace WsIngress.Relay;

/// <summary>
/// What a Close frame says (RFC 6455 §5.5.1). <paramref name="Code"/> is null for a Close without body, which an API shows as 1005.
/// <paramref name="Reason"/> is at most 123 bytes of UTF-8; bytes that are not UTF-8 show as U+FFFD here and pass unchanged on the wire.
/// </summary>
public sealed record CloseStatus(ushort? Code, string Reason)
{
    /// <summary>Whether an endpoint may send the code: 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4 and the IANA registry).</summary>
    public static bool MayBeSent(int code)
    {
        return code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
    }

    internal static CloseStatus Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 2)
        {
            return new CloseStatus(null, "");
        }

        return new CloseStatus(BinaryPrimitives.ReadUInt16BigEndian(payload), Encoding.UTF8.GetString(payload[2..]));
    }

    public override string ToString()
    {
        return Reason.Length == 0 ? $"{Code}" : $"{Code} {Reason}";
    }
}
