using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Backends;

namespace WsIngress.Translation;

/// <summary>The endpoints of one Service alone, by the same rules as in a whole translation. Pure.</summary>
public static class ServiceEndpoints
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>Namespace and name of the Service that an EndpointSlice belongs to; null for a slice of none.</summary>
    public static (string Namespace, string Name)? ServiceOf(V1EndpointSlice slice) =>
        slice.Metadata?.Labels is { } labels && labels.TryGetValue(ServiceNameLabel, out var service) && !string.IsNullOrEmpty(service)
            ? (slice.Metadata.NamespaceProperty ?? "", service)
            : null;

    /// <summary>
    /// The backends that routes may have to this Service, by <see cref="Backend.Key"/>, with their endpoints. None for an ExternalName, whose
    /// endpoint is no pod. What is wrong with a slice is left to the translation to tell.
    /// </summary>
    public static IEnumerable<(string BackendKey, ImmutableArray<Endpoint> Endpoints)> Of(V1Service service, IReadOnlyList<V1EndpointSlice> slices)
    {
        if (service.Spec?.Type == "ExternalName")
        {
            yield break;
        }

        var problems = new List<Problem>();
        foreach (var port in ServicePorts.Tcp(service))
        {
            var key = BackendResolver.KeyOf(service.Metadata?.NamespaceProperty ?? "", service.Metadata?.Name ?? "", port.Port);
            yield return (key, EndpointMerger.Merge(service, port.Name ?? "", slices, problems));
        }
    }
}
