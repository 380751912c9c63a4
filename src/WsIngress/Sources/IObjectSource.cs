namespace WsIngress.Sources;

/// <summary>
/// Where objects come from: a folder of manifests, or an API server by LIST and WATCH. A source delivers all objects of its kinds
/// first, says so with <see cref="SourceBatch.Synced"/>, and then follows the changes until it is cancelled.
/// </summary>
internal interface IObjectSource
{
    /// <summary>For people: what /readyz waits for, such as <c>folder ./manifests</c>.</summary>
    string Name { get; }

    /// <summary>What keeps it from delivering, for people; null when nothing does. Read when a batch of it arrives, an empty one included.</summary>
    string? Trouble => null;

    /// <summary>
    /// Runs until cancelled. Trouble that may pass is waited out inside. An exception before the first complete delivery stops the
    /// program with its message; after it, the loop starts the source anew.
    /// </summary>
    Task RunAsync(ISourceSink sink, CancellationToken cancellation);
}

/// <summary>Takes the batches of a source, in order.</summary>
internal interface ISourceSink
{
    /// <summary>Waits while the receiver is behind.</summary>
    ValueTask DeliverAsync(SourceBatch batch, CancellationToken cancellation);
}
