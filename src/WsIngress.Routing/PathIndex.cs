namespace WsIngress.Routing;

/// <summary>
/// Paths of a host with many routes: one look-up for Exact, one per path element for Prefix (never more than the deepest
/// prefix has, whatever the client sends), regexes in order between them by length.
/// </summary>
internal sealed class PathIndex
{
    private readonly Dictionary<string, RouteEntry[]> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RouteEntry[]> _prefix = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RouteEntry[]>.AlternateLookup<ReadOnlySpan<char>> _byExact;
    private readonly Dictionary<string, RouteEntry[]>.AlternateLookup<ReadOnlySpan<char>> _byPrefix;
    private readonly RouteEntry[] _regexes;
    private readonly int _longestPrefix;

    /// <param name="routes">In order of precedence.</param>
    public PathIndex(RouteEntry[] routes)
    {
        foreach (var group in routes.Where(r => r.Route.Path.Kind == PathMatchKind.Exact).GroupBy(r => r.Path, StringComparer.Ordinal))
        {
            _exact.Add(group.Key, [.. group]);
        }

        foreach (var group in routes.Where(r => r.Route.Path.Kind == PathMatchKind.Prefix).GroupBy(r => r.Path, StringComparer.Ordinal))
        {
            _prefix.Add(group.Key, [.. group]);
            _longestPrefix = Math.Max(_longestPrefix, group.Key.Length);
        }

        _regexes = [.. routes.Where(r => r.Route.Path.Kind == PathMatchKind.Regex)];
        _byExact = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _byPrefix = _prefix.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public RouteEntry? Find<T>(ReadOnlySpan<char> path, scoped in T request)
        where T : IRequestView, allows ref struct
    {
        if (_byExact.TryGetValue(path, out var group) && First(group, in request) is { } exact)
        {
            return exact;
        }

        var nextRegex = 0;
        var length = path.Length <= _longestPrefix ? path.Length : CutAt(path[..(_longestPrefix + 1)]);
        while (true)
        {
            var prefix = path[..length];
            if (_byPrefix.TryGetValue(prefix, out group))
            {
                // A prefix is compared by its text as written; the root prefix "/" is held as "".
                var textLength = Math.Max(length, 1);
                if (FirstRegex(path, in request, ref nextRegex, textLength) is { } regex)
                {
                    return regex;
                }

                if (First(group, in request) is { } found)
                {
                    return found;
                }
            }

            if (length == 0)
            {
                return FirstRegex(path, in request, ref nextRegex, 0);
            }

            length = CutAt(prefix);
        }
    }

    /// <summary>Whether any route has the path, its conditions aside.</summary>
    public bool Serves(ReadOnlySpan<char> path)
    {
        if (_byExact.ContainsKey(path))
        {
            return true;
        }

        for (var length = path.Length <= _longestPrefix ? path.Length : CutAt(path[..(_longestPrefix + 1)]); ; length = CutAt(path[..length]))
        {
            if (_byPrefix.ContainsKey(path[..length]))
            {
                return true;
            }

            if (length == 0)
            {
                break;
            }
        }

        foreach (var entry in _regexes)
        {
            if (entry.MatchesPath(path))
            {
                return true;
            }
        }

        return false;
    }

    private static int CutAt(ReadOnlySpan<char> path) => Math.Max(0, path.LastIndexOf('/'));

    private static RouteEntry? First<T>(RouteEntry[] group, scoped in T request)
        where T : IRequestView, allows ref struct
    {
        foreach (var entry in group)
        {
            if (entry.MatchesConditions(in request))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The regexes not yet tried that are at least as long as the prefix in hand.</summary>
    private RouteEntry? FirstRegex<T>(ReadOnlySpan<char> path, scoped in T request, ref int next, int atLeast)
        where T : IRequestView, allows ref struct
    {
        for (; next < _regexes.Length && _regexes[next].Route.Path.Value.Length >= atLeast; next++)
        {
            if (_regexes[next].MatchesPath(path) && _regexes[next].MatchesConditions(in request))
            {
                return _regexes[next++];
            }
        }

        return null;
    }
}
