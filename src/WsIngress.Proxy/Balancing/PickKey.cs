using System.Net;
using WsIngress.Proxy.Http;
using WsIngress.Routing;

namespace WsIngress.Proxy.Balancing;

/// <summary>Takes what the choice of a pod depends on out of a request: the affinity token and the text to hash.</summary>
internal static class PickKey
{
    public static string? Affinity(BackendPolicy policy, string? cookies) =>
        policy.Affinity is { } affinity ? Cookie(cookies, affinity.Name) : null;

    /// <summary>A request without the named value hashes like every other one without it; the client's address stands in.</summary>
    public static string Hash(BackendPolicy policy, IPAddress client, RequestTarget target, Func<string, string?> header)
    {
        if (policy.LoadBalancing != LoadBalancing.ConsistentHash)
        {
            return "";
        }

        return Text(policy.HashBy, target, header) ?? client.ToString();
    }

    /// <summary>What the request has for a key; null when it lacks it, and for the client's address.</summary>
    public static string? Text(HashKey key, RequestTarget target, Func<string, string?> header) => key.Source switch
    {
        HashSource.Header => header(key.Name),
        HashSource.Cookie => Cookie(header("Cookie"), key.Name),
        HashSource.Query => QueryText.TryGet(target.Query, key.Name, out var value) ? value.ToString() : null,
        HashSource.Path => target.NormalPath,
        _ => null,
    };

    /// <summary>The first cookie of the name (RFC 6265 §4.2), quotes kept.</summary>
    private static string? Cookie(string? cookies, string name)
    {
        if (cookies is null)
        {
            return null;
        }

        foreach (var range in cookies.AsSpan().Split(';'))
        {
            var pair = cookies.AsSpan()[range].Trim();
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
            {
                return pair[(name.Length + 1)..].ToString();
            }
        }

        return null;
    }
}
