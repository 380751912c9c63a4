namespace WsIngress.Relay;

/// <summary>The last word about a socket.</summary>
public sealed record RelayReport
{
    /// <summary>The session's id.</summary>
    public required string Id { get; init; }

    /// <summary>Why it ended.</summary>
    public required RelayOutcome Outcome { get; init; }

    /// <summary>Who ended it; never None.</summary>
    public required RelaySide Side { get; init; }

    /// <summary>What lies behind the outcome, for a log: an I/O error, a broken rule, an operator's words. Null if there is nothing to add.</summary>
    public string? Detail { get; init; }

    /// <summary>The Close frame the client sent, or null.</summary>
    public CloseStatus? CloseFromClient { get; init; }

    /// <summary>The Close frame the client was sent, by the backend or by the relay, or null.</summary>
    public CloseStatus? CloseToClient { get; init; }

    /// <summary>The Close frame the backend sent, or null.</summary>
    public CloseStatus? CloseFromBackend { get; init; }

    /// <summary>The Close frame the backend was sent, by the client or by the relay, or null.</summary>
    public CloseStatus? CloseToBackend { get; init; }

    /// <summary>What the client sent and the relay forwarded.</summary>
    public required FrameCounters FromClient { get; init; }

    /// <summary>What the backend sent and the relay forwarded.</summary>
    public required FrameCounters FromBackend { get; init; }

    /// <summary>From the start of the session to this report.</summary>
    public required TimeSpan Age { get; init; }
}
