namespace WsIngress.Relay;

/// <summary>What a relay can find wrong with a frame without understanding extensions (RFC 6455 §5).</summary>
public enum FrameError : byte
{
    None,

    /// <summary>An opcode of 3-7 or 11-15 (§5.2).</summary>
    ReservedOpcode,

    /// <summary>A Close, Ping or Pong without FIN (§5.5).</summary>
    FragmentedControl,

    /// <summary>A Close, Ping or Pong of more than 125 bytes (§5.5).</summary>
    LongControl,

    /// <summary>A 64-bit length whose top bit is set (§5.2).</summary>
    HugeLength,

    /// <summary>A continuation frame while no message is open (§5.4).</summary>
    ContinuationWithoutStart,

    /// <summary>A Text or Binary frame inside a fragmented message (§5.4).</summary>
    StartInsideMessage,

    /// <summary>A frame of the client that is not masked (§5.1).</summary>
    MaskMissing,

    /// <summary>A frame of the server that is masked (§5.1).</summary>
    MaskForbidden,
}

internal static class FrameErrors
{
    /// <summary>The text for logs and for the reason of the Close frame with code 1002.</summary>
    internal static string Text(FrameError error)
    {
        return error switch
        {
            FrameError.ReservedOpcode => "reserved opcode",
            FrameError.FragmentedControl => "fragmented control frame",
            FrameError.LongControl => "control frame above 125 bytes",
            FrameError.HugeLength => "frame length above 2^63-1",
            FrameError.ContinuationWithoutStart => "continuation frame outside a message",
            FrameError.StartInsideMessage => "new message inside a fragmented message",
            FrameError.MaskMissing => "frame of a client without mask",
            FrameError.MaskForbidden => "frame of a server with mask",
            _ => "",
        };
    }
}
