using System.Buffers.Binary;

namespace WsIngress.Relay;

/// <summary>The scanner one frame at a time, for directions whose frames are judged before they go on.</summary>
public partial struct FrameScanner
{
    /// <summary>The payload of the relay's own Pings. A Pong that carries as much fits, whole, into the room of the longest header, so it can be held until it is known.</summary>
    internal const int MarkLength = sizeof(ulong);

    /// <summary>Pongs of <see cref="MarkLength"/> bytes are held, whole, like headers: they may answer a Ping of the relay's own.</summary>
    internal void HoldPongs()
    {
        _holdsPongs = true;
    }

    /// <summary>Of the frame whose header was taken last.</summary>
    internal readonly FrameOpcode Opcode => _opcode;

    /// <summary>A step has something to do although no further byte is there.</summary>
    internal readonly bool IsStepDue => (_begun && _remaining == 0) || (_held >= 2 && _held == _headerLength);

    /// <summary>The header taken last is that of a Pong, with its payload.</summary>
    internal readonly bool IsHeldPong => _holdsPongs && _opcode == FrameOpcode.Pong && _headerLength == 2 + (_masked ? 4 : 0) + MarkLength;

    /// <summary>The payload of a held Pong, unmasked.</summary>
    internal readonly ulong Mark
    {
        get
        {
            ReadOnlySpan<byte> header = _header;
            ulong mark = BinaryPrimitives.ReadUInt64BigEndian(header[(_headerLength - MarkLength)..]);
            if (!_masked)
            {
                return mark;
            }

            ulong key = BinaryPrimitives.ReadUInt32BigEndian(header[(_headerLength - MarkLength - 4)..]);
            return mark ^ (key << 32 | key);
        }
    }

    /// <summary>Takes bytes to the end of the next header, or else to the end of the frame. What was taken of a header is held until it is whole.</summary>
    internal FrameStep Step(ReadOnlySpan<byte> bytes, out int taken)
    {
        if (!_begun)
        {
            _begun = true;
            taken = TakeHeader(bytes, out _);
            if (_status == FrameScanStatus.ProtocolError)
            {
                return FrameStep.ProtocolError;
            }

            // Nothing is held any more once the header was whole.
            _begun = _held == 0;
            return _begun ? FrameStep.Header : FrameStep.Unfinished;
        }

        taken = TakePayload(bytes, out bool ended);
        _begun = !ended;
        return ended ? FrameStep.End : FrameStep.Payload;
    }

    /// <summary>The frame whose header was taken last is none of the direction's: what follows is a header again.</summary>
    internal void Forget()
    {
        (_begun, _remaining) = (false, 0);
    }

    /// <summary>The header that was taken last is held again, as if the last of it had not come yet.</summary>
    internal void HoldAgain()
    {
        Forget();
        _held = _headerLength;
    }

    /// <summary>Counts bytes that were released frame by frame.</summary>
    internal void CountReleased(int bytes)
    {
        _counters.CountWire(bytes);
    }
}

/// <summary>What one <see cref="FrameScanner.Step"/> came to.</summary>
internal enum FrameStep
{
    /// <summary>All bytes were taken and the header is not whole.</summary>
    Unfinished,

    /// <summary>A header is whole; nothing of its payload was taken.</summary>
    Header,

    /// <summary>Payload of a frame that goes on.</summary>
    Payload,

    /// <summary>The rest of a frame, which may be nothing.</summary>
    End,

    ProtocolError,
}
