using System.Buffers.Binary;
using System.Text;

namespace WsIngress.Relay;

/// <summary>
/// Writes the control frames that the relay itself sends. Towards a backend the relay is a client, so they are masked with a fresh key
/// from <paramref name="nextMask"/> (RFC 6455 §5.3: unpredictable); towards a client they are not.
/// </summary>
public sealed class FrameWriter(Func<uint> nextMask)
{
    /// <summary>Room that any control frame fits in: 2 bytes, mask key, 125 bytes.</summary>
    public const int MaxFrameLength = 2 + 4 + FrameScanner.MaxControlPayload;

    /// <summary>The longest reason of a Close frame, in bytes of UTF-8: 125 less the code.</summary>
    public const int MaxReasonLength = FrameScanner.MaxControlPayload - 2;

    /// <summary>Masks from the system's cryptographic random source.</summary>
    public static FrameWriter Default { get; } = new(NextRandomMask);

    /// <summary>Writes a Close and returns its length. A reason above 123 bytes is cut between two characters.</summary>
    public int WriteClose(Span<byte> destination, bool masked, CloseStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        Span<byte> payload = stackalloc byte[FrameScanner.MaxControlPayload];
        if (status.Code is not { } code)
        {
            return Write(destination, FrameOpcode.Close, masked, []);
        }

        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Encoding.UTF8.GetEncoder().Convert(status.Reason, payload[2..], flush: false, out _, out int bytes, out _);
        return Write(destination, FrameOpcode.Close, masked, payload[..(2 + bytes)]);
    }

    /// <summary>Writes a Ping with at most 125 bytes and returns its length.</summary>
    public int WritePing(Span<byte> destination, bool masked, ReadOnlySpan<byte> payload)
    {
        return Write(destination, FrameOpcode.Ping, masked, payload);
    }

    /// <summary>Writes a Pong with at most 125 bytes and returns its length.</summary>
    public int WritePong(Span<byte> destination, bool masked, ReadOnlySpan<byte> payload)
    {
        return Write(destination, FrameOpcode.Pong, masked, payload);
    }

    private int Write(Span<byte> destination, FrameOpcode opcode, bool masked, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameScanner.MaxControlPayload);
        destination[0] = (byte)(0x80 | (int)opcode);
        destination[1] = (byte)((masked ? 0x80 : 0) | payload.Length);
        if (!masked)
        {
            payload.CopyTo(destination[2..]);
            return 2 + payload.Length;
        }

        Span<byte> key = destination.Slice(2, 4);
        BinaryPrimitives.WriteUInt32BigEndian(key, nextMask());
        for (int i = 0; i < payload.Length; i++)
        {
            destination[6 + i] = (byte)(payload[i] ^ key[i & 3]);
        }

        return 6 + payload.Length;
    }

    private static uint NextRandomMask()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        RandomSupply.Fill(bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
