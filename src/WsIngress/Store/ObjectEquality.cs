using k8s;
using k8s.Models;

namespace WsIngress.Store;

/// <summary>Tells an update that changes nothing. The API server numbers its versions; objects of a folder are compared as text.</summary>
internal static class ObjectEquality
{
    public static bool Same(IKubernetesObject<V1ObjectMeta> old, IKubernetesObject<V1ObjectMeta> found)
    {
        if (ReferenceEquals(old, found))
        {
            return true;
        }

        var (before, after) = (old.Metadata, found.Metadata);
        if (IsVersioned(before) && IsVersioned(after))
        {
            return before.Uid == after.Uid && before.ResourceVersion == after.ResourceVersion;
        }

        return KubernetesJson.Serialize(old) == KubernetesJson.Serialize(found);
    }

    /// <summary>A manifest may carry the version that it was exported with, and be edited later; only a server's object has no such doubt.</summary>
    private static bool IsVersioned(V1ObjectMeta? metadata) => metadata is { ResourceVersion.Length: > 0, Uid.Length: > 0 };
}
