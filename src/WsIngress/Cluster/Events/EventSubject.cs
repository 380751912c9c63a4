using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster.Events;

/// <summary>The object that an Event regards.</summary>
internal readonly record struct EventSubject(string ApiVersion, string Kind, string Namespace, string Name, string Uid, string ResourceVersion)
{
    /// <summary>Null when the object is not there: nothing is told about what is gone.</summary>
    public static EventSubject? Find(ClusterSnapshot snapshot, ObjectReference about)
    {
        var key = new ObjectKey(about.Namespace, about.Name);
        return about.Kind switch
        {
            "Ingress" => Of(snapshot.Ingresses, key, "networking.k8s.io/v1", about.Kind),
            "IngressClass" => Of(snapshot.IngressClasses, key, "networking.k8s.io/v1", about.Kind),
            "EndpointSlice" => Of(snapshot.EndpointSlices, key, "discovery.k8s.io/v1", about.Kind),
            "Service" => Of(snapshot.Services, key, "v1", about.Kind),
            "Secret" => Of(snapshot.Secrets, key, "v1", about.Kind),
            _ => null,
        };
    }

    /// <summary>Events about cluster-scoped objects stand in <c>default</c>.</summary>
    public string EventNamespace => Namespace.Length == 0 ? "default" : Namespace;

    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    private static EventSubject? Of<T>(ImmutableArray<T> sorted, ObjectKey key, string apiVersion, string kind)
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
                return new(apiVersion, kind, key.Namespace, key.Name, metadata.Uid ?? "", metadata.ResourceVersion ?? "");
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }
}
