using WsIngress.Proxy.Tls;
using WsIngress.Routing;

namespace WsIngress.Proxy.Live;

/// <summary>A published table with everything a request looks up, immutable. Read <see cref="LiveTableHolder.Current"/> once per request.</summary>
public sealed class LiveTable
{
    internal LiveTable(RoutingTable table, RouteMatcher matcher, CertificateMap certificates)
    {
        Table = table;
        Matcher = matcher;
        Certificates = certificates;
    }

    public RoutingTable Table { get; }

    /// <summary>Its matches carry a <see cref="RouteState"/>.</summary>
    public RouteMatcher Matcher { get; }

    /// <summary>Host, Secret and end of validity of every certificate in use.</summary>
    public IEnumerable<(string Host, string Source, DateTimeOffset NotAfter)> CertificateExpiries => Certificates.Expiries;

    internal CertificateMap Certificates { get; }
}
