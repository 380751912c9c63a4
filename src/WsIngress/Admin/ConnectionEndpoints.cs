using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WsIngress.Cli;
using WsIngress.Proxy;
using WsIngress.Relay;
using WsIngress.Telemetry;

namespace WsIngress.Admin;

/// <summary>
/// The inventory of sockets: <c>GET /connections</c>, <c>GET /connections/ID</c>, <c>POST /connections/ID/close</c> and
/// <c>POST /connections/ID/tap</c> and <c>POST /connections/drain</c>. What changes something takes no request of a web page.
/// </summary>
internal sealed class ConnectionEndpoints(DataPlane plane, ClosedSockets closed, TimeProvider time, ILogger logger)
{
    private const int MostListed = 10_000_000;
    private static readonly TimeSpan DefaultWindow = TimeSpan.FromSeconds(30);

    private readonly ConnectionTaps _taps = new(plane, time, logger);

    public void Map(IApplicationBuilder app) => app.Map("/connections", branch => branch.Run(AnswerAsync));

    private Task AnswerAsync(HttpContext http)
    {
        string[] path = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isPost = HttpMethods.IsPost(http.Request.Method);
        var wantsPost = path is [_, "close" or "tap"] or ["drain"];
        if (path.Length > 2 || (path.Length == 2 && !wantsPost))
        {
            return SayAsync(http, 404, "not found");
        }

        if (wantsPost ? !isPost : !HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.Headers.Allow = wantsPost ? "POST" : "GET";
            return SayAsync(http, 405, "method not allowed");
        }

        // A page in a browser on this machine can send a POST here, but not without saying where it is from (Fetch standard, Origin header).
        if (isPost && http.Request.Headers.Origin.Count > 0)
        {
            return SayAsync(http, 403, "requests of web pages are not taken");
        }

        try
        {
            return path switch
            {
                [] => ListAsync(http),
                ["drain"] => JsonAsync(http, Drain(http.Request.Query)),
                [var id] => One(id) is { } one ? JsonAsync(http, one) : SayAsync(http, 404, $"no socket {id}: it is not open, and not among the last that have ended"),
                [var id, "tap"] => _taps.AnswerAsync(http, id),
                [var id, _] => CloseAsync(http, id),
                _ => SayAsync(http, 404, "not found"),
            };
        }
        catch (FormatException wrong)
        {
            return SayAsync(http, 400, wrong.Message);
        }
    }

    /// <summary>Written while it is walked: a hundred thousand sockets are some 80 MB.</summary>
    private Task ListAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var filter = ConnectionFilter.Read(query, "limit", "state");
        var limit = Number(query, "limit", 1, MostListed, MostListed);
        return query["state"].ToString() switch
        {
            "" or "open" => StreamAsync(http, plane.Sockets.Where(session => session.Tag is Proxy.Telemetry.SocketFacts facts && filter.Matches(facts, session.Age)).Take(limit), AdminJson.Connection),
            "closed" => StreamAsync(http, closed.Newest().Where(one => filter.Matches(one.Facts, one.Report.Age)).Take(limit), AdminJson.Connection),
            var other => throw new FormatException($"state: '{other}' cannot be used; allowed: open or closed"),
        };
    }

    private Task StreamAsync<T>(HttpContext http, IEnumerable<T> sockets, Action<Utf8JsonWriter, T> write)
    {
        http.Response.ContentType = "application/json";
        return StreamedJson.WriteAsync(http.Response.BodyWriter, json => json.WriteString("time", time.GetUtcNow().ToString("O")), "connections", sockets, write, http.RequestAborted);
    }

    private string? One(string id) =>
        plane.Sockets.TryFind(id, out var session) ? AdminJson.Connection(session) : closed.Find(id) is { } ended ? AdminJson.Connection(ended) : null;

    private Task CloseAsync(HttpContext http, string id)
    {
        AdminQuery.Check(http.Request.Query, "code", "reason");
        var (code, reason) = Words(http.Request.Query);
        if (!plane.Sockets.TryFind(id, out var session))
        {
            return SayAsync(http, 404, $"no socket {id} is open");
        }

        return session.RequestEnd(RelayOutcome.Operator, code, reason)
            ? JsonAsync(http, AdminJson.Count("closing", 1))
            : SayAsync(http, 409, $"socket {id} is ending already: {RelayOutcomes.Word(session.Outcome!.Value)}");
    }

    private string Drain(IQueryCollection query)
    {
        var filter = ConnectionFilter.Read(query, "window", "code", "reason");
        if (filter.IsEmpty)
        {
            throw new FormatException($"nothing says which sockets: give one or more of {string.Join(", ", ConnectionFilter.Names)}");
        }

        var window = DefaultWindow;
        if (query["window"] is [{ Length: > 0 } text] && !DurationText.TryParse(text, out window))
        {
            throw new FormatException($"window: '{text}' cannot be used; allowed: {DurationText.Allowed}");
        }

        var (code, reason) = Words(query);
        return AdminJson.Count("draining", plane.DrainSockets(filter.Matches, window, code, reason));
    }

    private static (ushort? Code, string? Reason) Words(IQueryCollection query)
    {
        var code = query.ContainsKey("code") ? Number(query, "code", 1000, 4999, 0) : 0;
        if (code != 0 && !CloseStatus.MayBeSent(code))
        {
            throw new FormatException($"code: '{code}' cannot be used; allowed: 1000 to 1003, 1007 to 1014, 3000 to 4999");
        }

        return (code == 0 ? null : (ushort)code, query["reason"] is [{ Length: > 0 } reason] ? reason : null);
    }

    private static int Number(IQueryCollection query, string name, int least, int most, int normal) =>
        query[name] is not [{ Length: > 0 } text] ? normal
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
        : throw new FormatException($"{name}: '{text}' cannot be used; allowed: {least} to {most}");

    private static Task JsonAsync(HttpContext http, string text)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(text + "\n");
    }

    private static Task SayAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(text + "\n");
    }
}
