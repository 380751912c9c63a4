using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Translation;

namespace WsIngress.Tests.Translation;

/// <summary>Strict reading of test manifests: an unknown field, kind or a repeated object fails the test.</summary>
internal static class Manifests
{
    private static readonly IDictionary<string, Type> Kinds = new Dictionary<string, Type>
    {
        ["networking.k8s.io/v1/Ingress"] = typeof(V1Ingress),
        ["networking.k8s.io/v1/IngressClass"] = typeof(V1IngressClass),
        ["v1/Service"] = typeof(V1Service),
        ["discovery.k8s.io/v1/EndpointSlice"] = typeof(V1EndpointSlice),
        ["v1/Secret"] = typeof(V1Secret),
        ["v1/Namespace"] = typeof(V1Namespace),
    };

    public static ClusterSnapshot Read(string yaml) => Snapshot(Objects(yaml));

    public static ImmutableArray<IKubernetesObject<V1ObjectMeta>> Objects(string yaml)
    {
        var objects = KubernetesYaml.LoadAllFromString(yaml, Kinds, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>().ToImmutableArray();
        var names = objects.Select(o => (o.GetType(), o.Metadata.NamespaceProperty, o.Metadata.Name)).ToList();
        return names.Count == names.Distinct().Count() ? objects : throw new InvalidDataException("an object stands twice in the manifests");
    }

    /// <summary>In the given order, which must not matter.</summary>
    public static ClusterSnapshot Snapshot(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
    {
        var all = objects.ToList();
        return new()
        {
            Ingresses = [.. all.OfType<V1Ingress>()],
            IngressClasses = [.. all.OfType<V1IngressClass>()],
            Services = [.. all.OfType<V1Service>()],
            EndpointSlices = [.. all.OfType<V1EndpointSlice>()],
            Secrets = [.. all.OfType<V1Secret>()],
            Namespaces = [.. all.OfType<V1Namespace>()],
        };
    }
}
