namespace WsIngress.Telemetry;

/// <summary>How many of this replica's source ports a pod holds: a connection to one address and port needs one of its own.</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Service">The first that leads to the pod.</param>
/// <param name="Pod">Its name, else its address and port.</param>
/// <param name="Address">Address and port.</param>
/// <param name="Used">Connections open toward the pod.</param>
/// <param name="Range">Ports that the kernel gives out, of <c>ip_local_port_range</c>.</param>
internal sealed record SourcePortUse(string Namespace, string Service, string Pod, string Address, int Used, int Range)
{
    public double Ratio => (double)Used / Range;
}
