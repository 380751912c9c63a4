using System.Text;
using WsIngress.Proxy.Http;
using WsIngress.Routing;

namespace WsIngress.Proxy.Balancing;

/// <summary>Writes the affinity cookie (RFC 6265 §4.1) when the client was sent to another pod than its cookie names.</summary>
internal static class AffinityCookies
{
    public static void AddTo(HeaderList headers, BackendPolicy policy, EndpointEntry endpoint, string? sent, bool isTls)
    {
        if (Write(policy, endpoint, sent, isTls) is { } cookie)
        {
            headers.Add("Set-Cookie", cookie);
        }
    }

    /// <summary>The Set-Cookie value, or null when none is due.</summary>
    public static string? Write(BackendPolicy policy, EndpointEntry endpoint, string? sent, bool isTls)
    {
        if (policy.Affinity is not { } cookie || sent == endpoint.AffinityToken)
        {
            return null;
        }

        var text = new StringBuilder(128).Append(cookie.Name).Append('=').Append(endpoint.AffinityToken).Append("; Path=").Append(cookie.Path);
        if (cookie.Domain is { } domain)
        {
            text.Append("; Domain=").Append(domain);
        }

        if (cookie.MaxAge > TimeSpan.Zero)
        {
            text.Append("; Max-Age=").Append((long)cookie.MaxAge.TotalSeconds);
        }

        if (cookie.Secure ?? isTls)
        {
            text.Append("; Secure");
        }

        text.Append("; HttpOnly");
        if (cookie.SameSite is { } sameSite)
        {
            text.Append("; SameSite=").Append(sameSite);
        }

        return text.ToString();
    }
}
