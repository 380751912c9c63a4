using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WsIngress.Cluster;
using WsIngress.Routing;

namespace WsIngress.Admin;

/// <summary>
/// Who may use the admin API. With a token: whoever brings it. Without: who reaches a loopback address by a name that no web page could have pointed here.
/// </summary>
/// <param name="token">Null for none; then the listener is on loopback alone.</param>
/// <param name="refused">Hears of each refused request: <c>no-token</c> or <c>wrong-token</c>.</param>
/// <param name="time">Bounds the log.</param>
/// <param name="logger">One line a minute at most.</param>
internal sealed class AdminAccess(AdminToken? token, Action<string> refused, TimeProvider time, ILogger logger)
{
    private const string Scheme = "Bearer ";

    private readonly LogGate _lines = new(time, TimeSpan.FromMinutes(1));
    private long _count;

    public RequestDelegate Guard(RequestDelegate next) => http =>
    {
        if (token is null)
        {
            return IsLocal(http) ? next(http) : SayAsync(http, StatusCodes.Status421MisdirectedRequest, "the admin API answers to its own address or localhost only\n");
        }

        var given = http.Request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
        return given is not null && token.Accepts(given) ? next(http) : RefuseAsync(http, given is not null);
    };

    /// <summary>RFC 6750 §3: a challenge, with an error where a token was given.</summary>
    private Task RefuseAsync(HttpContext http, bool hasToken)
    {
        var reason = hasToken ? "wrong-token" : "no-token";
        refused(reason);
        var count = Interlocked.Increment(ref _count);
        if (_lines.Opens(""))
        {
            AdminLog.Refused(logger, $"{http.Connection.RemoteIpAddress}", reason, count);
        }

        http.Response.Headers.WWWAuthenticate = hasToken ? "Bearer realm=\"wsingress admin\", error=\"invalid_token\"" : "Bearer realm=\"wsingress admin\"";
        return SayAsync(http, StatusCodes.Status401Unauthorized, hasToken ? "this token does not open the admin API\n" : "the admin API wants a token: --token-file, or WSINGRESS_ADMIN_TOKEN_FILE\n");
    }

    private static bool IsLocal(HttpContext http)
    {
        var host = HostText.WithoutPort(http.Request.Host.Value).ToString();
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && (IPAddress.IsLoopback(address) || address.Equals(http.Connection.LocalIpAddress)));
    }

    private static Task SayAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(text);
    }
}
