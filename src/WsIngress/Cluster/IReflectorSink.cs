namespace WsIngress.Cluster;

internal enum WatchChange
{
    /// <summary>The object is new or changed: the server's ADDED and MODIFIED mean the same to whoever keeps the last state.</summary>
    Upsert,

    Delete,
}

/// <summary>Takes what a Reflector learns, in order.</summary>
internal interface IReflectorSink
{
    /// <summary>These are all objects of the target.</summary>
    ValueTask ListedAsync(ReflectorTarget target, IReadOnlyList<DecodedObject> objects, CancellationToken cancellation);

    ValueTask ChangedAsync(ReflectorTarget target, WatchChange change, DecodedObject changed, CancellationToken cancellation);

    /// <summary>Why the target cannot be followed at the moment, for people; null when it can.</summary>
    ValueTask TroubledAsync(ReflectorTarget target, string? trouble, CancellationToken cancellation);
}
