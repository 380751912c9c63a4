namespace WsIngress.Relay;

/// <summary>The header of one frame that passed a tapped socket, with what was asked for beside.</summary>
public sealed record TappedFrame
{
    /// <summary>When its header passed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who sent it; Proxy for a frame that the relay put in.</summary>
    public required RelaySide From { get; init; }

    /// <summary>Whom it goes to: Client or Backend.</summary>
    public required RelaySide To { get; init; }

    public required FrameOpcode Opcode { get; init; }

    /// <summary>The last frame of its message.</summary>
    public required bool Fin { get; init; }

    /// <summary>RSV1 to RSV3 as the bits 4, 2 and 1. RSV1 marks a compressed message (RFC 7692).</summary>
    public required int Rsv { get; init; }

    public required bool Masked { get; init; }

    /// <summary>Payload bytes.</summary>
    public required long Length { get; init; }

    /// <summary>What a Close frame says; else null.</summary>
    public CloseStatus? Close { get; init; }

    /// <summary>The beginning of the payload, unmasked; null when it was not asked for.</summary>
    public byte[]? Payload { get; init; }

    /// <summary>Frames that were not shown right before this one, since the reader was too slow.</summary>
    public long DroppedBefore { get; init; }
}
