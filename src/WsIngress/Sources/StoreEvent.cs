using System.Collections.Immutable;
using k8s;
using k8s.Models;

namespace WsIngress.Sources;

internal enum StoreEventType
{
    /// <summary>These are all objects of the kind, or of the kind in one namespace: a list of the API server, or a reading of the folder.</summary>
    Replace,

    /// <summary>One object is new or changed.</summary>
    Upsert,

    /// <summary>One object is gone.</summary>
    Delete,
}

/// <summary>
/// One change of the objects of one kind. Whoever makes it never changes the objects afterwards. Sources speak only of kinds of
/// their own, so that a Replace of one source cannot remove the objects of another.
/// </summary>
internal readonly record struct StoreEvent
{
    public required StoreEventType Type { get; init; }
    public required ObjectKind Kind { get; init; }

    /// <summary>All objects of the kind for Replace, one for Upsert, none for Delete.</summary>
    public required ImmutableArray<IKubernetesObject<V1ObjectMeta>> Objects { get; init; }

    /// <summary>Replace: the one namespace whose objects these are; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Replace: objects that are there but could not be read; what was known of them stays.</summary>
    public ImmutableArray<ObjectKey> Unread { get; init; }

    /// <summary>The object that Delete takes away.</summary>
    public ObjectKey Key { get; init; }

    public static StoreEvent Replace(ObjectKind kind, IEnumerable<IKubernetesObject<V1ObjectMeta>> objects, string? @namespace = null) =>
        new() { Type = StoreEventType.Replace, Kind = kind, Objects = [.. objects], Namespace = @namespace };

    public static StoreEvent Upsert(IKubernetesObject<V1ObjectMeta> changed) =>
        new() { Type = StoreEventType.Upsert, Kind = ObjectKindInfo.Of(changed).Kind, Objects = [changed] };

    public static StoreEvent Delete(ObjectKind kind, ObjectKey key) =>
        new() { Type = StoreEventType.Delete, Kind = kind, Objects = [], Key = key };
}
