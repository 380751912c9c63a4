namespace WsIngress.Store;

/// <summary>How long the loop gathers single events before it translates.</summary>
internal sealed record SyncOptions
{
    public static readonly SyncOptions Default = new();

    /// <summary>Calm after the last event.</summary>
    public TimeSpan HoldOff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest wait from the first event on.</summary>
    public TimeSpan MaximumHoldOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Before a source that failed after its first delivery is started anew.</summary>
    public TimeSpan SourceRestart { get; init; } = TimeSpan.FromSeconds(5);
}
