using System.Collections.Immutable;
using WsIngress.Translation;

namespace WsIngress.Sources;

/// <summary>What a source hands over at once. The events of a batch are translated together or not at all.</summary>
internal sealed record SourceBatch
{
    public ImmutableArray<StoreEvent> Events { get; init; } = [];

    /// <summary>True when the source has itself waited for calm, so that the batch is translated without a hold-off.</summary>
    public bool Settled { get; init; }

    /// <summary>True from the batch on that completes the source's first delivery.</summary>
    public bool Synced { get; init; }

    /// <summary>All that is wrong with the source's objects now, in place of what it said before; null leaves that as it was.</summary>
    public ImmutableArray<Problem>? Problems { get; init; }

    /// <summary>Where the source's objects are written; null leaves the last ones in force.</summary>
    public IObjectLocations? Locations { get; init; }
}

/// <summary>Says where a field of an object is written. Immutable; called from any thread.</summary>
internal interface IObjectLocations
{
    /// <summary><c>path:line</c> of the field or of its nearest parent that is written; null for an object that is not in a file.</summary>
    string? Locate(ObjectReference found, string field);
}
