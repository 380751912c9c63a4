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
    private readonly Dictionary<string, HostSlot> _exact = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, HostSlot> _wildcard = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, HostSlot>.AlternateLookup<ReadOnlySpan<char>> _byExact;
    private readonly Dictionary<string, HostSlot>.AlternateLookup<ReadOnlySpan<char>> _byWildcard;
    private readonly HostSlot? _hostless;
    private readonly RouteMatch _default;
    private readonly Route[] _routes;

    /// <param name="table">The table to index.</param>
    /// <param name="previous">What it built for hosts that are in this table unchanged, and its regexes, are taken over.</param>
    public RouteMatcher(RoutingTable table, RouteMatcher? previous = null)
    {
        Regexes = new RegexSet(previous?.Regexes);
        var routes = new List<Route>(previous?._routes.Length ?? 0);
        _exact.EnsureCapacity(table.Hosts.Length);
        foreach (var host in table.Hosts)
        {
            var slot = new HostSlot(previous?.Reuse(host, Regexes) ?? new HostIndex(host, Regexes), routes.Count);
            routes.AddRange(host.Routes);
            if (host.Default is { } fallback)
            {
                routes.Add(fallback);
            }

            if (host.Host.Length == 0)
            {
                _hostless = slot;
            }
            else if (host.Host.StartsWith("*.", StringComparison.Ordinal))
            {
                _wildcard[host.Host[2..]] = slot;
            }
            else
            {
                _exact[host.Host] = slot;
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
        return Find(host) is { } slot && slot.Index.TryMatch(path, in request, out var match)
            ? new(match.Route, slot.FirstOrdinal + match.Ordinal)
            : _default;
    }

    /// <summary>The index of the very same host object; its regexes move to the new set.</summary>
    private HostIndex? Reuse(VirtualHost host, RegexSet regexes)
    {
        var slot = host.Host.Length == 0 ? _hostless
            : host.Host.StartsWith("*.", StringComparison.Ordinal) ? _wildcard.TryGetValue(host.Host[2..], out var wildcard) ? wildcard : null
            : _exact.TryGetValue(host.Host, out var exact) ? exact : (HostSlot?)null;
        if (slot is not { } found || !ReferenceEquals(found.Index.Source, host))
        {
            return null;
        }

        foreach (var route in host.Routes)
        {
            if (route.Path.Kind == PathMatchKind.Regex)
            {
                regexes.Path(route.Path.Value);
            }
        }

        return found.Index;
    }

    private HostSlot? Find(ReadOnlySpan<char> host)
    {
        if (_byExact.TryGetValue(host, out var slot))
        {
            return slot;
        }

        var dot = host.IndexOf('.');
        return dot > 0 && _byWildcard.TryGetValue(host[(dot + 1)..], out slot) ? slot : _hostless;
    }
}
