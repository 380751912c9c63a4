using System.Text.RegularExpressions;

namespace WsIngress.Routing;

/// <summary>What conditions besides host and path may ask about a request.</summary>
public interface IRequestView
{
    /// <summary>GET for a WebSocket over HTTP/2.</summary>
    ReadOnlySpan<char> Method { get; }

    bool TryGetHeader(string name, out ReadOnlySpan<char> value);

    bool TryGetQuery(string name, out ReadOnlySpan<char> value);
}

/// <summary>A match: the route and what <see cref="RouteMatcher"/> was told to attach to it; both null when nothing matched.</summary>
public readonly record struct RouteMatch(Route? Route, object? State)
{
    public static readonly RouteMatch None;

    /// <summary>The regexes of the host took too long: it is not known which route it is, so it is none.</summary>
    public static readonly RouteMatch Undecided = new(null, null) { IsUndecided = true };

    public bool IsUndecided { get; private init; }
}

/// <summary>
/// Finds the route of a request with Ingress semantics and without allocating. Hosts are exclusive: the exact name, else the
/// wildcard over its first label, else the host-less routes serve the request; a path that the host lacks goes to its default,
/// then to the table's. One per table; any number of threads may match.
/// </summary>
public sealed class RouteMatcher
{
    private readonly RoutingTable _table;
    private readonly HostMap _exact;
    private readonly HostMap _wildcard;
    private readonly HostIndex? _hostless;
    private readonly RouteMatch _default;
    private readonly RegexSet _regexes;

    /// <param name="table">The table to index.</param>
    /// <param name="previous">
    /// That of the table before: hosts that are the same object are not looked at, and keep what was attached to their routes. It goes on matching; the next
    /// matcher is made by one thread.
    /// </param>
    /// <param name="attach">Makes what a match carries, from a route and the regex of its path; null attaches nothing.</param>
    public RouteMatcher(RoutingTable table, RouteMatcher? previous = null, Func<Route, Regex?, object>? attach = null)
    {
        _table = table;
        var (gone, come) = SortedDifference.Between(
            previous is null ? [] : previous._table.Hosts.AsSpan(), table.Hosts.AsSpan(), static (a, b) => string.CompareOrdinal(a.Host, b.Host));
        _regexes = Regexes(previous, gone);
        var build = new HostBuild(_regexes, attach);
        _hostless = previous?._hostless;
        var (exact, wildcard) = (new List<(string, HostIndex?)>(), new List<(string, HostIndex?)>());
        foreach (var (host, index) in gone.Select(host => (host.Host, (HostIndex?)null)).Concat(come.Select(host => (host.Host, (HostIndex?)new HostIndex(host, build)))))
        {
            if (host.Length == 0)
            {
                _hostless = index;
            }
            else if (host.StartsWith("*.", StringComparison.Ordinal))
            {
                wildcard.Add((host[2..], index));
            }
            else
            {
                exact.Add((host, index));
            }
        }

        _exact = (previous?._exact ?? HostMap.Empty).With(exact);
        _wildcard = (previous?._wildcard ?? HostMap.Empty).With(wildcard);
        _default = previous is not null && ReferenceEquals(previous._table.DefaultRoute, table.DefaultRoute) ? previous._default
            : table.DefaultRoute is { } route ? build.Match(route)
            : RouteMatch.None;
    }

    /// <param name="host">Host name without port, any case.</param>
    /// <param name="path">Normal form, see <see cref="PathNormalizer"/>.</param>
    /// <param name="request">Asked only by routes that have conditions.</param>
    public RouteMatch Match<T>(ReadOnlySpan<char> host, ReadOnlySpan<char> path, scoped in T request)
        where T : IRequestView, allows ref struct
    {
        RegexSet.Begin();
        try
        {
            return Find(host) is { } index && index.TryMatch(path, in request, out var match) ? match : _default;
        }
        catch (RegexMatchTimeoutException)
        {
            return RouteMatch.Undecided;
        }
    }

    /// <summary>Whether any route serves the host and path, its conditions aside.</summary>
    /// <param name="host">As for <see cref="Match"/>.</param>
    /// <param name="path">As for <see cref="Match"/>.</param>
    public bool Serves(ReadOnlySpan<char> host, ReadOnlySpan<char> path)
    {
        RegexSet.Begin();
        try
        {
            return _default.Route is not null || (Find(host)?.Serves(path) ?? false);
        }
        catch (RegexMatchTimeoutException)
        {
            // Who asks would end a socket.
            return true;
        }
    }

    /// <summary>Regexes stay with every matcher of a sequence; what the hosts that are gone had is dropped once it is more than a few.</summary>
    private RegexSet Regexes(RouteMatcher? previous, List<VirtualHost> gone)
    {
        if (previous is null)
        {
            return new(null);
        }

        if (!previous._regexes.Drop(gone))
        {
            return previous._regexes;
        }

        var regexes = new RegexSet(previous._regexes);
        foreach (var route in _table.Hosts.SelectMany(host => host.Routes))
        {
            regexes.Keep(route);
        }

        regexes.Seal();
        return regexes;
    }

    private HostIndex? Find(ReadOnlySpan<char> host)
    {
        if (_exact.Find(host) is { } exact)
        {
            return exact;
        }

        var dot = host.IndexOf('.');
        return (dot > 0 ? _wildcard.Find(host[(dot + 1)..]) : null) ?? _hostless;
    }
}
