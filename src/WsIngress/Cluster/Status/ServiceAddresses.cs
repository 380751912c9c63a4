using k8s.Models;

namespace WsIngress.Cluster.Status;

/// <summary>Under which addresses clients reach a Service.</summary>
internal static class ServiceAddresses
{
    /// <summary>
    /// A load balancer's own addresses and the external IPs; else the external IPs; else the cluster IP; the name for an ExternalName.
    /// Null while there are none, such as before a load balancer is ready.
    /// </summary>
    public static AddressList? Of(V1Service service)
    {
        var spec = service.Spec ?? new();
        var external = (spec.ExternalIPs ?? []).Where(address => !string.IsNullOrEmpty(address)).ToArray();
        var found = spec.Type switch
        {
            "LoadBalancer" => AddressList.Of(service.Status?.LoadBalancer?.Ingress ?? [], external),
            "ExternalName" => AddressList.Of([spec.ExternalName ?? ""]),
            _ when external.Length > 0 => AddressList.Of(external),
            _ => AddressList.Of(spec.ClusterIP is { Length: > 0 } and not "None" ? [spec.ClusterIP] : []),
        };
        return found.IsEmpty ? null : found;
    }
}
