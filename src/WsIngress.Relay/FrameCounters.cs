namespace WsIngress.Relay;

/// <summary>
/// Totals of one direction. One thread at a time writes, any thread reads: each figure is right, the set is not one instant.
/// Frames and messages count when their last byte has passed, bytes as they pass.
/// </summary>
public struct FrameCounters
{
    private long _continuation;
    private long _text;
    private long _binary;
    private long _messages;
    private long _wireBytes;
    private uint _close;
    private uint _ping;
    private uint _pong;

    /// <summary>Whole messages, over all their fragments.</summary>
    public readonly long Messages => Volatile.Read(in _messages);

    /// <summary>Frame headers and payloads.</summary>
    public readonly long WireBytes => Volatile.Read(in _wireBytes);

    /// <summary>Whole frames of one type. Those of control frames stop at 4,294,967,295: every socket holds two sets, and these are four bytes each.</summary>
    public readonly long Frames(FrameOpcode opcode)
    {
        return opcode switch
        {
            FrameOpcode.Continuation => Volatile.Read(in _continuation),
            FrameOpcode.Text => Volatile.Read(in _text),
            FrameOpcode.Binary => Volatile.Read(in _binary),
            FrameOpcode.Close => Volatile.Read(in _close),
            FrameOpcode.Ping => Volatile.Read(in _ping),
            FrameOpcode.Pong => Volatile.Read(in _pong),
            _ => 0,
        };
    }

    internal void CountFrame(FrameOpcode opcode, bool endsMessage)
    {
        switch (opcode)
        {
            case FrameOpcode.Continuation: Volatile.Write(ref _continuation, _continuation + 1); break;
            case FrameOpcode.Text: Volatile.Write(ref _text, _text + 1); break;
            case FrameOpcode.Binary: Volatile.Write(ref _binary, _binary + 1); break;
            case FrameOpcode.Close: Count(ref _close); break;
            case FrameOpcode.Ping: Count(ref _ping); break;
            case FrameOpcode.Pong: Count(ref _pong); break;
        }

        if (endsMessage)
        {
            Volatile.Write(ref _messages, _messages + 1);
        }
    }

    internal void CountWire(int bytes)
    {
        Volatile.Write(ref _wireBytes, _wireBytes + bytes);
    }

    private static void Count(ref uint frames)
    {
        if (frames != uint.MaxValue)
        {
            Volatile.Write(ref frames, frames + 1);
        }
    }
}
