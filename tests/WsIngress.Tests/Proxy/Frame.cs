using System.Buffers.Binary;
using System.Text;

namespace WsIngress.Tests.Proxy;

/// <summary>A WebSocket frame as a test writes and reads it on a raw connection, without the code under test.</summary>
internal sealed record Frame(int Opcode, byte[] Payload, bool Masked)
{
    public const int TextOpcode = 1;
    public const int CloseOpcode = 8;

    public string Text => Encoding.UTF8.GetString(Payload);

    public int CloseCode => Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);

    public string CloseReason => Payload.Length < 2 ? "" : Encoding.UTF8.GetString(Payload.AsSpan(2));

    public static byte[] OfText(string text, bool masked) => Bytes(TextOpcode, Encoding.UTF8.GetBytes(text), masked);

    public static byte[] OfClose(int code, string reason, bool masked)
    {
        var payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return Bytes(CloseOpcode, payload, masked);
    }

    /// <summary>A final frame with a payload below 64 KiB.</summary>
    public static byte[] Bytes(int opcode, byte[] payload, bool masked)
    {
        var isLong = payload.Length > 125;
        var frame = new byte[2 + (isLong ? 2 : 0) + (masked ? 4 : 0) + payload.Length];
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)((masked ? 0x80 : 0) | (isLong ? 126 : payload.Length));
        var at = 2;
        if (isLong)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
            at = 4;
        }

        ReadOnlySpan<byte> key = masked ? [1, 2, 3, 4] : [0, 0, 0, 0];
        if (masked)
        {
            key.CopyTo(frame.AsSpan(at));
            at += 4;
        }

        for (var i = 0; i < payload.Length; i++)
        {
            frame[at + i] = (byte)(payload[i] ^ key[i & 3]);
        }

        return frame;
    }

    /// <summary>The next frame, or null when the stream ends or breaks.</summary>
    public static async Task<Frame?> ReadAsync(Stream stream, CancellationToken cancellation = default)
    {
        try
        {
            var head = await ExactlyAsync(stream, 2, cancellation);
            var masked = (head[1] & 0x80) != 0;
            var length = head[1] & 0x7f;
            if (length == 126)
            {
                length = BinaryPrimitives.ReadUInt16BigEndian(await ExactlyAsync(stream, 2, cancellation));
            }

            var key = masked ? await ExactlyAsync(stream, 4, cancellation) : new byte[4];
            var payload = await ExactlyAsync(stream, length, cancellation);
            for (var i = 0; i < payload.Length; i++)
            {
                payload[i] ^= key[i & 3];
            }

            return new Frame(head[0] & 0xf, payload, masked);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ExactlyAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
