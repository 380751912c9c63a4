using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>Where the loop stands, as one immutable value.</summary>
internal sealed record SyncStatus
{
    /// <summary>The table that is live with the newest reports and problems, these with their file and line; null before the first.</summary>
    public TranslationResult? Result { get; init; }

    /// <summary>The objects that <see cref="Result"/> was translated from; null before the first.</summary>
    public ClusterSnapshot? Snapshot { get; init; }

    /// <summary>Number of the live table, 0 before the first.</summary>
    public long Revision { get; init; }

    /// <summary>Hash of the live table's content.</summary>
    public string ContentHash { get; init; } = "";

    /// <summary>For /readyz: what the first table waits for; null once it is live.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>When the last translation succeeded; its age tells how old the knowledge is.</summary>
    public DateTimeOffset? LastSuccess { get; init; }

    /// <summary>What the last successful translation took, publication included.</summary>
    public TimeSpan LastDuration { get; init; }

    /// <summary>Events taken from the sources, and those of them that changed something.</summary>
    public long Events { get; init; }

    public long EffectiveEvents { get; init; }

    public long Translations { get; init; }

    /// <summary>Translations that failed as a whole: a defect of WsIngress. The last table stays live.</summary>
    public long Failures { get; init; }

    /// <summary>Message of the last failure if no translation succeeded since.</summary>
    public string? LastFailure { get; init; }
}

/// <summary>The <see cref="SyncStatus"/> of now. Written by the loop and by its translation, read from any thread.</summary>
internal sealed class SyncState
{
    private readonly Lock _gate = new();
    private volatile SyncStatus _current = new() { WaitingFor = "the sources to start" };

    /// <summary>A table with its reports went live, or the reports of the live one changed. Whoever listens returns at once.</summary>
    public event Action<SyncStatus>? Told;

    /// <summary>An endpoint change reached the balancers, this long after its source had told of it. Whoever listens returns at once.</summary>
    public event Action<TimeSpan>? EndpointsMoved;

    public SyncStatus Current => _current;

    /// <summary>True from the first live table on.</summary>
    public bool IsReady => _current.WaitingFor is null;

    internal SyncStatus Update(Func<SyncStatus, SyncStatus> change)
    {
        lock (_gate)
        {
            return _current = change(_current);
        }
    }

    internal void Tell(Func<SyncStatus, SyncStatus> change)
    {
        var next = Update(change);
        Told?.Invoke(next);
    }

    internal void TellEndpoints(TimeSpan took) => EndpointsMoved?.Invoke(took);
}
