using System.Buffers.Binary;
using System.Text;

namespace WsIngress.Relay;

/// <summary>
/// What a Close frame says (RFC 6455 §5.5.1). <paramref name="Code"/> is null for a Close without body, which an API shows as 1005.
/// <paramref name="Reason"/> is at most 123 bytes of UTF-8; bytes that are not UTF-8 show as U+FFFD here and pass unchanged on the wire.
/// </summary>
public sealed record CloseStatus(ushort? Code, string Reason)
{
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
