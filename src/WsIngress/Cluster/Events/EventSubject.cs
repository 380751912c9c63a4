using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster.Events;

/// <summary>The object that an Event regards.</summary>
internal readonly record struct EventSubject(string ApiVersion, string Kind, string Namespace, string Name, string Uid, string ResourceVersion)
{
    /// <summary>Null when the object is not there: nothing is told about what is gone, or is missing.</summary>
    /// <param name="snapshot">Where to look.</param>
    /// <param name="about">What to look for.</param>
    /// <param name="uid">Of an object that no snapshot has, since it was never readable; null for all others.</param>
    public static EventSubject? Find(ClusterSnapshot snapshot, ObjectReference about, string? uid = null)
    {
        if (ObjectKindInfo.All.FirstOrDefault(info => info.Name == about.Kind) is not { } kind)
        {
            return null;
        }

        var key = new ObjectKey(about.Namespace, about.Name);
        var found = kind.Kind switch
        {
            ObjectKind.Ingress => Of(snapshot.Ingresses, key, kind),
            ObjectKind.IngressClass => Of(snapshot.IngressClasses, key, kind),
            ObjectKind.EndpointSlice => Of(snapshot.EndpointSlices, key, kind),
            ObjectKind.Service => Of(snapshot.Services, key, kind),
            ObjectKind.Secret => Of(snapshot.Secrets, key, kind),
            _ => null,
        };
        return found ?? (uid is null ? null : new(kind.ApiVersion, kind.Name, key.Namespace, key.Name, uid, ""));
    }

    /// <summary>Events about cluster-scoped objects stand in <c>default</c>.</summary>
    public string EventNamespace => Namespace.Length == 0 ? "default" : Namespace;

    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    private static EventSubject? Of<T>(ImmutableArray<T> sorted, ObjectKey key, ObjectKindInfo kind)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var (low, high) = (0, sorted.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = ObjectKey.Of(sorted[middle]).CompareTo(key);
            if (order == 0)
            {
                var metadata = sorted[middle].Metadata;
                return new(kind.ApiVersion, kind.Name, key.Namespace, key.Name, metadata.Uid ?? "", metadata.ResourceVersion ?? "");
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }
}
