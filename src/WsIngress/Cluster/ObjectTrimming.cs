using k8s;
using k8s.Models;

namespace WsIngress.Cluster;

/// <summary>
/// Takes away what nobody here reads, so that a large cluster fits into little memory: managed fields alone are often more than half of an
/// object. Words that return in thousands of objects are kept once.
/// </summary>
internal static class ObjectTrimming
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string ServiceName = "kubernetes.io/service-name";

    public static void Trim(IKubernetesObject<V1ObjectMeta> found)
    {
        var metadata = found.Metadata;
        metadata.ManagedFields = null;
        metadata.OwnerReferences = null;
        metadata.Finalizers = null;
        metadata.GenerateName = null;
        metadata.SelfLink = null;
        metadata.NamespaceProperty = Words.Once(metadata.NamespaceProperty);
        metadata.Annotations?.Remove(LastApplied);
        metadata.Annotations = metadata.Annotations is { Count: > 0 } annotations ? annotations : null;
        switch (found)
        {
            case V1EndpointSlice slice:
                Trim(slice);
                break;
            case V1Service service:
                Trim(service);
                break;
            case V1Ingress ingress:
                metadata.Labels = null;
                ingress.Spec?.IngressClassName = Words.Once(ingress.Spec.IngressClassName);
                break;
            case V1Secret secret:
                metadata.Labels = null;
                secret.Type = Words.Once(secret.Type);
                break;
        }
    }

    private static void Trim(V1EndpointSlice slice)
    {
        var labels = slice.Metadata.Labels;
        slice.Metadata.Labels = labels is not null && labels.TryGetValue(ServiceName, out var service)
            ? new Dictionary<string, string>(1) { [ServiceName] = service }
            : null;
        slice.Metadata.Annotations = null;
        slice.AddressType = Words.Once(slice.AddressType);
        foreach (var port in slice.Ports ?? [])
        {
            port.Name = Words.Once(port.Name);
            port.Protocol = Words.Once(port.Protocol);
        }

        foreach (var endpoint in slice.Endpoints ?? [])
        {
            endpoint.DeprecatedTopology = null;
            endpoint.Hints = null;
            endpoint.NodeName = null;
            endpoint.Zone = null;
            endpoint.Hostname = null;
            if (endpoint.TargetRef is { } target)
            {
                endpoint.TargetRef = new() { Kind = Words.Once(target.Kind), Name = target.Name, Uid = target.Uid };
            }
        }
    }

    private static void Trim(V1Service service)
    {
        service.Metadata.Labels = null;
        if (service.Spec is not { } spec)
        {
            return;
        }

        service.Spec = new()
        {
            Type = Words.Once(spec.Type),
            ExternalName = spec.ExternalName,
            IpFamilies = spec.IpFamilies is { } families ? [.. families.Select(f => Words.Once(f)!)] : null,
            ClusterIP = spec.ClusterIP,
            ExternalIPs = spec.ExternalIPs,
            Ports = spec.Ports is not { } ports ? null : [.. ports.Select(p => new V1ServicePort
            {
                Name = Words.Once(p.Name),
                Port = p.Port,
                Protocol = Words.Once(p.Protocol),
                TargetPort = p.TargetPort,
                AppProtocol = Words.Once(p.AppProtocol),
            })],
        };
    }

    /// <summary>Short words, each kept once. Bounded: a cluster with more of them keeps the rest as they come.</summary>
    private static class Words
    {
        private const int Longest = 64;
        private const int Most = 20_000;
        private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

        public static string? Once(string? text)
        {
            if (text is null || text.Length > Longest)
            {
                return text;
            }

            return Known.TryGetValue(text, out var known) ? known : Known.Count < Most ? Known.GetOrAdd(text, text) : text;
        }
    }
}
