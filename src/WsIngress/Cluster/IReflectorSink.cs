using k8s;
using k8s.Models;
using WsIngress.Sources;

namespace WsIngress.Cluster;

internal enum WatchChange
{
    /// <summary>The object is new or changed: the server's ADDED and MODIFIED mean the same to whoever keeps the last state.</summary>
    Upsert,

    Delete,
}

/// <summary>One event of a watch.</summary>
internal readonly record struct WatchedObject(WatchChange Change, DecodedObject Object);

/// <summary>Takes what a Reflector learns, in order.</summary>
internal interface IReflectorSink
{
    /// <summary>A list begins.</summary>
    void Listing(ReflectorTarget target)
    {
    }

    /// <summary>The last form of an object that was told, so that a list need not read it again; null for one that is not known.</summary>
    IKubernetesObject<V1ObjectMeta>? Known(ObjectKey key) => null;

    /// <summary>These are all objects of the target.</summary>
    /// <param name="target">What was listed.</param>
    /// <param name="list">The objects and their version.</param>
    /// <param name="isRestored">The server came back with an older state: no version that was seen before means anything now.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask ListedAsync(ReflectorTarget target, ObjectList list, bool isRestored, CancellationToken cancellation);

    /// <summary>What a watch brought at once; with it the target is as of <paramref name="version"/>.</summary>
    ValueTask ChangedAsync(ReflectorTarget target, IReadOnlyList<WatchedObject> changes, string version, CancellationToken cancellation);

    /// <summary>Why the target cannot be followed at the moment; null when it can.</summary>
    ValueTask TroubledAsync(ReflectorTarget target, ReflectorTrouble? trouble, CancellationToken cancellation);
}

/// <summary>Status code of a failure, 0 for no answer, and a sentence for people.</summary>
internal sealed record ReflectorTrouble(int Code, string Text);
