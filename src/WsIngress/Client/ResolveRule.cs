using System.Globalization;
using System.Net;

namespace WsIngress.Client;

/// <summary>
/// "Reach this host and port at that address", written <c>HOST:PORT:ADDRESS[:PORT]</c>; an IPv6 address stands in brackets. The
/// Host header and the TLS server name stay those of the URL.
/// </summary>
internal sealed record ResolveRule(string Host, int Port, IPEndPoint Target)
{
    public const string Allowed = "HOST:PORT:ADDRESS or HOST:PORT:ADDRESS:PORT, ADDRESS an IPv4 address or an IPv6 address in brackets";

    public static bool TryParse(string text, out ResolveRule? rule)
    {
        rule = null;
        var parts = text.Split(':', 3);
        if (parts.Length < 3 || parts[0].Length == 0 || !TryPort(parts[1], out var port) || !IPEndPoint.TryParse(parts[2], out var target))
        {
            return false;
        }

        // Without brackets an IPv6 address would swallow the port.
        var bare = target.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 && parts[2][0] != '[';
        if (bare)
        {
            return false;
        }

        rule = new ResolveRule(parts[0], port, target.Port == 0 ? new IPEndPoint(target.Address, port) : target);
        return true;
    }

    public bool Matches(DnsEndPoint asked) =>
        asked.Port == Port && string.Equals(asked.Host, Host, StringComparison.OrdinalIgnoreCase);

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort;
}
