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

/// <summary>A match. <see cref="Ordinal"/> is the route's place in <see cref="RouteMatcher.Routes"/>, -1 when nothing matched.</summary>
public readonly record struct RouteMatch(Route? Route, int Ordinal)
{
    public static readonly RouteMatch None = new(null, -1);
}

/// <summary>
/// Finds the route of a request with Ingress semantics and without allocating. Hosts are exclusive: the exact name, else the
/// wildcard over its first label, else the host-less routes serve the request; a path that the host lacks goes to its default,
/// then to the table's. Build once per table; any number of threads may match.
/// </summary>
public sealed class RouteMatcher
{
    private readonly Dictionary<string, HostIndex> _exact = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, HostIndex> _wildcard = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, HostIndex>.AlternateLookup<ReadOnlySpan<char>> _byExact;
    private readonly Dictionary<string, HostIndex>.AlternateLookup<ReadOnlySpan<char>> _byWildcard;
    private readonly HostIndex? _hostless;
    private readonly RouteMatch _default;
    private readonly Route[] _routes;

    /// <param name="table">The table to index.</param>
    /// <param name="previous">Its compiled regexes are taken over, so that an unrelated change compiles nothing.</param>
    public RouteMatcher(RoutingTable table, RouteMatcher? previous = null)
    {
        Regexes = new RegexSet(previous?.Regexes);
        var routes = new List<Route>();
        foreach (var host in table.Hosts)
        {
            var index = new HostIndex(host, routes.Count, Regexes);
            routes.AddRange(host.Routes);
            if (host.Default is { } fallback)
            {
                routes.Add(fallback);
            }

            if (host.Host.Length == 0)
            {
                _hostless = index;
            }
            else if (host.Host.StartsWith("*.", StringComparison.Ordinal))
            {
                _wildcard[host.Host[2..]] = index;
            }
            else
            {
                _exact[host.Host] = index;
            }
        }

        _default = table.DefaultRoute is { } route ? new(route, routes.Count) : RouteMatch.None;
        if (table.DefaultRoute is not null)
        {
            routes.Add(table.DefaultRoute);
        }

        Regexes.Seal();
        _routes = [.. routes];
        _byExact = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _byWildcard = _wildcard.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every route of the table; <see cref="RouteMatch.Ordinal"/> points into it.</summary>
    public IReadOnlyList<Route> Routes => _routes;

    internal RegexSet Regexes { get; }

    /// <summary>The compiled regex of a route whose path is one, for rewriting with captures.</summary>
    public Regex? PathRegex(Route route) => route.Path.Kind == PathMatchKind.Regex ? Regexes.Path(route.Path.Value) : null;

    /// <param name="host">Host name without port, any case.</param>
    /// <param name="path">Normal form, see <see cref="PathNormalizer"/>.</param>
    /// <param name="request">Asked only by routes that have conditions.</param>
    public RouteMatch Match<T>(ReadOnlySpan<char> host, ReadOnlySpan<char> path, scoped in T request)
        where T : IRequestView, allows ref struct
    {
        var index = Find(host);
        if (index is not null && index.TryMatch(path, in request, out var match))
        {
            return match;
        }

        return _default;
    }

    private HostIndex? Find(ReadOnlySpan<char> host)
    {
        if (_byExact.TryGetValue(host, out var index))
        {
            return index;
        }

        var dot = host.IndexOf('.');
        return dot > 0 && _byWildcard.TryGetValue(host[(dot + 1)..], out index) ? index : _hostless;
    }
}
