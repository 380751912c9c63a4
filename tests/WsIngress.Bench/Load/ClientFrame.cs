using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace WsIngress.Bench.Load;

/// <summary>
/// The one binary message that all sockets send, masked beforehand so that the client's work is the system calls alone. Its first eight bytes
/// are stamped with the socket and the message's number, so that an answer that belongs to another socket or message is seen.
/// </summary>
internal sealed unsafe class ClientFrame
{
    public const int StampLength = 8;
    private static readonly byte[] Mask = [0x11, 0x22, 0x33, 0x44];

    private readonly byte[] _bytes;
    private readonly byte[] _answerHeader = new byte[10];
    private readonly int _payloadAt;
    private readonly int _answerPayloadAt;

    public ClientFrame(int payload)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(payload, StampLength);
        var header = new WireHeader(WireHeader.Binary, Masked: true, payload);
        _bytes = GC.AllocateUninitializedArray<byte>((int)header.Frame, pinned: true);
        _payloadAt = header.Length;
        _answerPayloadAt = (header with { Masked = false }).Write(_answerHeader);
        Mask.CopyTo(_bytes, header.Write(_bytes));
        for (var i = 0; i < payload; i++)
        {
            _bytes[_payloadAt + i] = (byte)((byte)('a' + (i % 26)) ^ Mask[i & 3]);
        }

        Payload = payload;
        Start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
    }

    public int Payload { get; }

    public int Length => _bytes.Length;

    /// <summary>Bytes of the echo: the same without the mask.</summary>
    public int AnswerLength => _answerPayloadAt + Payload;

    public byte* Start { get; }

    public void Stamp(int socket, uint message)
    {
        var at = _bytes.AsSpan(_payloadAt, StampLength);
        BinaryPrimitives.WriteInt32LittleEndian(at, socket ^ BitConverter.ToInt32(Mask));
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], message ^ BitConverter.ToUInt32(Mask));
    }

    /// <summary>Whether these bytes, which begin at a position of the answer, are what was sent; header and stamp are looked at.</summary>
    public bool IsAnswer(ReadOnlySpan<byte> bytes, int position, int socket, uint message)
    {
        Span<byte> expected = stackalloc byte[10 + StampLength];
        var length = _answerPayloadAt + StampLength;
        if (position >= length)
        {
            return true;
        }

        _answerHeader.AsSpan(0, _answerPayloadAt).CopyTo(expected);
        BinaryPrimitives.WriteInt32LittleEndian(expected[_answerPayloadAt..], socket);
        BinaryPrimitives.WriteUInt32LittleEndian(expected[(_answerPayloadAt + 4)..], message);
        var count = Math.Min(bytes.Length, length - position);
        return bytes[..count].SequenceEqual(expected.Slice(position, count));
    }

    /// <summary>A short text message to the pod, masked.</summary>
    public static byte[] Command(string text)
    {
        var header = new WireHeader(WireHeader.Text, Masked: true, text.Length);
        var frame = new byte[header.Frame];
        Mask.CopyTo(frame, header.Write(frame));
        for (var i = 0; i < text.Length; i++)
        {
            frame[header.Length + i] = (byte)(text[i] ^ Mask[i & 3]);
        }

        return frame;
    }
}
