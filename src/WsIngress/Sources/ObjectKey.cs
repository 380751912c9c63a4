using k8s;
using k8s.Models;

namespace WsIngress.Sources;

/// <summary>Namespace (empty for cluster scope) and name of an object among those of its kind; ordered by namespace, then name, ordinal.</summary>
internal readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    public static ObjectKey Of(IKubernetesObject<V1ObjectMeta> found) =>
        new(found.Metadata?.NamespaceProperty ?? "", found.Metadata?.Name ?? "");

    public int CompareTo(ObjectKey other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
