using k8s.Models;

namespace WsIngress.Translation.Backends;

/// <summary>Which port of a Service a backend means. Only TCP ports can be served.</summary>
internal static class ServicePorts
{
    public static V1ServicePort? Find(V1Service service, V1ServiceBackendPort wanted)
    {
        foreach (var port in service.Spec?.Ports ?? [])
        {
            if (IsTcp(port) && (wanted.Number is { } number ? port.Port == number : port.Name == wanted.Name))
            {
                return port;
            }
        }

        return null;
    }

    /// <summary>The ports that a backend may mean; of two with one number the first, as in <see cref="Find"/>.</summary>
    public static IEnumerable<V1ServicePort> Tcp(V1Service service) => (service.Spec?.Ports ?? []).Where(IsTcp).DistinctBy(port => port.Port);

    /// <summary>Such as <c>80 (http), 443</c>: what the author could have written.</summary>
    public static string Describe(V1Service service)
    {
        var ports = service.Spec?.Ports ?? [];
        var tcp = ports.Where(IsTcp).Take(10).Select(p => string.IsNullOrEmpty(p.Name) ? $"{p.Port}" : $"{p.Port} ({p.Name})").ToList();
        return tcp.Count == 0 ? "none: the Service has no TCP port" : string.Join(", ", tcp);
    }

    private static bool IsTcp(V1ServicePort? port) => port is not null && (port.Protocol ?? "TCP") == "TCP";
}
