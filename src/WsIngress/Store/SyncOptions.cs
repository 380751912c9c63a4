namespace WsIngress.Store;

/// <summary>How long the loop gathers single events before it translates.</summary>
internal sealed record SyncOptions
{
    public static readonly SyncOptions Default = new();

    /// <summary>Calm after the last event.</summary>
    public TimeSpan HoldOff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The same for the first change after <see cref="Calm"/>: one that comes alone need not wait for others, and a burst begins with it.</summary>
    public TimeSpan FirstHoldOff { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Without a translation for this long, the next change is a first one.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait from the first event on.</summary>
    public TimeSpan MaximumHoldOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Calm after the last change of an EndpointSlice: its endpoints are in use already, only table and reports have to follow.</summary>
    public TimeSpan EndpointHoldOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>As <see cref="MaximumHoldOff"/>, for changes of EndpointSlices alone.</summary>
    public TimeSpan MaximumEndpointHoldOff { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Before what could not be translated or published is tried again, if nothing changes before.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Before a source that failed after its first delivery is started anew.</summary>
    public TimeSpan SourceRestart { get; init; } = TimeSpan.FromSeconds(5);
}
