using WsIngress.Routing;

namespace WsIngress.Proxy.Http;

/// <summary>What a route's policy says before anything is forwarded.</summary>
internal enum RouteVerdict
{
    Pass,
    Closed,
    AddressDenied,
    RedirectToTls,
}

/// <summary>The guards that plain HTTP and WebSocket handshakes share, so that neither can be a way around the other.</summary>
internal static class RouteGuards
{
    public static RouteVerdict Check(RoutePolicy policy, ForwardedValues forwarded)
    {
        if (policy.ClosedBecause is not null)
        {
            return RouteVerdict.Closed;
        }

        if (ForwardedHeaders.Contains(policy.DenyCidrs, forwarded.ClientAddress)
            || (policy.AllowCidrs.Length > 0 && !ForwardedHeaders.Contains(policy.AllowCidrs, forwarded.ClientAddress)))
        {
            return RouteVerdict.AddressDenied;
        }

        return policy.SslRedirect && forwarded.Proto == "http" ? RouteVerdict.RedirectToTls : RouteVerdict.Pass;
    }

    /// <summary>For whoever asks: which annotation it is, and not whose. The log has the rest.</summary>
    public static string ClosedText(RoutePolicy policy) => $"this route is closed: {policy.ClosedBecause!.Split(' ', 2)[0]} cannot be used";

    /// <summary>The same host on the default TLS port, path and query as sent.</summary>
    public static string TlsLocation(string authority, string pathAndQuery)
    {
        var port = authority.LastIndexOf(':');
        var host = port > authority.LastIndexOf(']') ? authority[..port] : authority;
        return $"https://{host}{pathAndQuery}";
    }
}
