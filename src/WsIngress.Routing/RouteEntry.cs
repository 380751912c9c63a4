using System.Text.RegularExpressions;

namespace WsIngress.Routing;

/// <summary>A route made ready to match: regexes compiled, prefix without its trailing slash.</summary>
internal sealed class RouteEntry
{
    private readonly Regex? _pathRegex;
    private readonly Regex?[] _headerRegexes;
    private readonly Regex?[] _queryRegexes;

    public RouteEntry(Route route, HostBuild build)
    {
        var regexes = build.Regexes;
        Path = route.Path.Kind == PathMatchKind.Prefix ? route.Path.Value.TrimEnd('/') : route.Path.Value;
        _pathRegex = route.Path.Kind == PathMatchKind.Regex ? regexes.Path(route.Path.Value) : null;
        Match = build.Match(route, _pathRegex);
        _headerRegexes = Compile(route.Headers, regexes);
        _queryRegexes = Compile(route.Query, regexes);
    }

    public Route Route => Match.Route!;

    public RouteMatch Match { get; }

    /// <summary>The text to compare with; empty for the prefix <c>/</c>.</summary>
    public string Path { get; }

    public bool MatchesPath(ReadOnlySpan<char> path) => Route.Path.Kind switch
    {
        PathMatchKind.Exact => path.SequenceEqual(Path),
        PathMatchKind.Regex => RegexSet.IsMatch(_pathRegex!, path),
        _ => path.StartsWith(Path, StringComparison.Ordinal) && (path.Length == Path.Length || path[Path.Length] == '/'),
    };

    public bool MatchesConditions<T>(scoped in T request)
        where T : IRequestView, allows ref struct
    {
        if (!Route.HasConditions)
        {
            return true;
        }

        if (Route.Methods.Length > 0 && !MatchesMethod(request.Method))
        {
            return false;
        }

        for (var i = 0; i < Route.Headers.Length; i++)
        {
            if (!request.TryGetHeader(Route.Headers[i].Name, out var value) || !Matches(Route.Headers[i], _headerRegexes[i], value))
            {
                return false;
            }
        }

        for (var i = 0; i < Route.Query.Length; i++)
        {
            if (!request.TryGetQuery(Route.Query[i].Name, out var value) || !Matches(Route.Query[i], _queryRegexes[i], value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Matches(ValueMatch match, Regex? regex, ReadOnlySpan<char> value) =>
        regex is null ? value.SequenceEqual(match.Value) : RegexSet.IsMatch(regex, value);

    private static Regex?[] Compile(System.Collections.Immutable.ImmutableArray<ValueMatch> matches, RegexSet regexes)
    {
        if (matches.Length == 0)
        {
            return [];
        }

        var compiled = new Regex?[matches.Length];
        for (var i = 0; i < matches.Length; i++)
        {
            compiled[i] = matches[i].IsRegex ? regexes.Value(matches[i].Value) : null;
        }

        return compiled;
    }

    private bool MatchesMethod(ReadOnlySpan<char> method)
    {
        foreach (var allowed in Route.Methods)
        {
            if (method.Equals(allowed, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
