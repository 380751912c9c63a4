using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Rules;

namespace WsIngress.Translation.Backends;

/// <summary>
/// The one endpoint of a Service of type ExternalName. Names and addresses that lead back to the proxy's own host or link are
/// refused, since its admin API and the cloud's metadata service live there. What a name resolves to is checked by nobody here.
/// </summary>
internal static class ExternalName
{
    public const string Allowed = "a DNS name, or an IP address that is neither loopback nor link-local";

    /// <summary>On false, <paramref name="error"/> completes "the name …".</summary>
    public static bool TryParse(V1Service service, int port, out Endpoint? endpoint, out string error)
    {
        endpoint = null;
        var name = (service.Spec?.ExternalName ?? "").ToLowerInvariant();
        name = name.EndsWith('.') ? name[..^1] : name;
        error = Check(name);
        if (error.Length > 0)
        {
            return false;
        }

        endpoint = new() { Address = name, Port = port };
        return true;
    }

    private static string Check(string name)
    {
        if (AddressText.TryParse(name, out var address))
        {
            return AddressScope.IsRemoteUnicast(address) ? "" : "is an address of this host, of its link, or of no single host";
        }

        if (name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal))
        {
            return "is this host itself";
        }

        if (!HostName.IsDnsName(name))
        {
            return "is no DNS name";
        }

        // Resolvers read 127.1, 0x7f.1 and 2130706433 as addresses; no top-level domain looks like a number.
        var last = name.AsSpan(name.LastIndexOf('.') + 1);
        var isNumber = last.IndexOfAnyExceptInRange('0', '9') < 0 || last.StartsWith("0x", StringComparison.Ordinal);
        return isNumber ? "is an IP address in an old notation" : "";
    }
}
