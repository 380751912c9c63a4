using System.Buffers.Binary;

namespace WsIngress.Relay;

/// <summary>Reads the frames out of what one direction of a tapped session lets go. A frame is shown when its header has passed, or the payload that is shown with it.</summary>
internal sealed class TappedDirection(FrameTap tap, RelaySide from, RelaySide to, bool withPayload)
{
    private TappedFrame? _frame;
    private byte[] _payload = [];
    private int _captured;
    private uint _key;

    /// <inheritdoc cref="FrameTap.See"/>
    public void See(ulong open, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (open == 0)
            {
                bytes = bytes[Begin(bytes, out open)..];
            }

            var count = (int)Math.Min(open, (ulong)bytes.Length);
            Capture(bytes[..count]);
            open -= (ulong)count;
            bytes = bytes[count..];
        }
    }

    /// <summary>A header, whole (<see cref="FrameScanner"/> releases no other). Answers its length.</summary>
    private int Begin(ReadOnlySpan<byte> bytes, out ulong length)
    {
        var opcode = (FrameOpcode)(bytes[0] & 0x0F);
        var masked = (bytes[1] & 0x80) != 0;
        length = (ulong)(bytes[1] & 0x7F);
        var at = 2;
        (length, at) = length switch
        {
            126 => (BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), 4),
            127 => (BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]), 10),
            _ => (length, at),
        };
        _key = 0;
        if (masked)
        {
            _key = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            at += 4;
        }

        var shown = opcode == FrameOpcode.Close ? FrameScanner.MaxControlPayload : withPayload ? FrameTap.MostPayload : 0;
        _payload = shown == 0 ? [] : new byte[Math.Min(length, (ulong)shown)];
        _captured = 0;
        _frame = new TappedFrame
        {
            At = tap.Now,
            From = from,
            To = to,
            Opcode = opcode,
            Fin = (bytes[0] & 0x80) != 0,
            Rsv = (bytes[0] >> 4) & 7,
            Masked = masked,
            Length = (long)length,
        };
        ShowIfWhole();
        return at;
    }

    /// <summary>Payload of the frame of the last header; of one that began before the tap, nothing is kept.</summary>
    private void Capture(ReadOnlySpan<byte> bytes)
    {
        if (_frame is null)
        {
            return;
        }

        var count = Math.Min(bytes.Length, _payload.Length - _captured);
        for (var i = 0; i < count; i++, _captured++)
        {
            _payload[_captured] = (byte)(bytes[i] ^ (byte)(_key >> (24 - (8 * (_captured & 3)))));
        }

        ShowIfWhole();
    }

    private void ShowIfWhole()
    {
        if (_frame is not { } frame || _captured < _payload.Length)
        {
            return;
        }

        _frame = null;
        tap.Show(frame with { Close = frame.Opcode == FrameOpcode.Close ? CloseStatus.Parse(_payload) : null, Payload = withPayload ? _payload : null });
    }
}
