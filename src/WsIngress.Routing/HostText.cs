namespace WsIngress.Routing;

/// <summary>Takes the host name out of a Host header or <c>:authority</c> (RFC 9110 §7.2): port, IPv6 brackets and one trailing dot go.</summary>
public static class HostText
{
    public static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> authority)
    {
        if (authority.Length > 0 && authority[0] == '[')
        {
            var close = authority.IndexOf(']');
            return close < 0 ? authority : authority[1..close];
        }

        var colon = authority.LastIndexOf(':');
        var host = colon < 0 ? authority : authority[..colon];
        return host.Length > 1 && host[^1] == '.' ? host[..^1] : host;
    }
}
