using System.Text.RegularExpressions;

namespace WsIngress.Routing;

/// <summary>The routes of one virtual host. Few routes are scanned in order of precedence; many are found by path in dictionaries.</summary>
internal sealed class HostIndex
{
    /// <summary>Up to here a scan beats two dictionaries per host in build time and memory, and costs no more per match.</summary>
    private const int ScanLimit = 12;

    private readonly RouteEntry[] _routes;
    private readonly RouteMatch _default;
    private readonly PathIndex? _paths;

    public HostIndex(VirtualHost host, HostBuild build)
    {
        _routes = new RouteEntry[host.Routes.Length];
        for (var i = 0; i < _routes.Length; i++)
        {
            _routes[i] = new RouteEntry(host.Routes[i], build);
        }

        Array.Sort(_routes, static (a, b) => RoutePrecedence.Instance.Compare(a.Route, b.Route));
        _default = host.Default is { } route ? build.Match(route) : RouteMatch.None;
        _paths = _routes.Length > ScanLimit ? new PathIndex(_routes) : null;
    }

    public bool TryMatch<T>(ReadOnlySpan<char> path, scoped in T request, out RouteMatch match)
        where T : IRequestView, allows ref struct
    {
        var entry = _paths is not null ? _paths.Find(path, in request) : Scan(path, in request);
        match = entry?.Match ?? _default;
        return match.Route is not null;
    }

    public bool Serves(ReadOnlySpan<char> path)
    {
        if (_default.Route is not null)
        {
            return true;
        }

        if (_paths is not null)
        {
            return _paths.Serves(path);
        }

        foreach (var entry in _routes)
        {
            if (entry.MatchesPath(path))
            {
                return true;
            }
        }

        return false;
    }

    private RouteEntry? Scan<T>(ReadOnlySpan<char> path, scoped in T request)
        where T : IRequestView, allows ref struct
    {
        foreach (var entry in _routes)
        {
            if (entry.MatchesPath(path) && entry.MatchesConditions(in request))
            {
                return entry;
            }
        }

        return null;
    }
}

/// <summary>What hosts are made ready with.</summary>
internal sealed class HostBuild(RegexSet regexes, Func<Route, Regex?, object>? attach)
{
    public RegexSet Regexes { get; } = regexes;

    public RouteMatch Match(Route route, Regex? path = null) => new(route, attach?.Invoke(route, path));
}
