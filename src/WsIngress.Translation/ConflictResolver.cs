using System.Collections.Immutable;
using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>
/// Step 6: puts the drafts, in the order in which they win, onto hosts. The first to claim a host and path, a host's default,
/// the table's default or a host's certificate keeps it; every later one loses just that and is told by whom.
/// </summary>
/// <param name="expected">About how many hosts there will be.</param>
internal sealed class ConflictResolver(int expected)
{
    private const string AllowedPath = "a host and path that no Ingress before this one has";

    private readonly Dictionary<string, HostClaims> _hosts = new(expected, StringComparer.Ordinal);
    private readonly Dictionary<string, (TlsBinding Binding, RouteOwner Owner)> _tls = new(StringComparer.Ordinal);

    /// <summary>Serves requests that no host takes.</summary>
    public Route? DefaultRoute { get; private set; }

    public void Place(IngressDraft draft)
    {
        foreach (var host in draft.Hosts)
        {
            Host(host);
        }

        foreach (var route in draft.Routes)
        {
            PlaceRoute(draft, route);
        }

        if (draft.Default is { } fallback)
        {
            PlaceDefault(draft, fallback);
        }

        foreach (var tls in draft.Tls)
        {
            PlaceTls(draft, tls);
        }
    }

    /// <summary>In ordinal order.</summary>
    /// <param name="before">Those of the table before.</param>
    public IEnumerable<(string Host, List<Route> Routes, Route? Default)> Hosts(ImmutableArray<VirtualHost> before) =>
        KnownOrder.Of(_hosts, before.Select(host => host.Host)).Select(h => (h.Key, h.Value.Routes, h.Value.Default));

    /// <inheritdoc cref="Hosts"/>
    public IEnumerable<TlsBinding> TlsBindings(ImmutableArray<TlsBinding> before) => KnownOrder.Of(_tls, before.Select(binding => binding.Host)).Select(t => t.Value.Binding);

    /// <summary>What is served for a host; null when nobody claims it.</summary>
    public (List<Route> Routes, Route? Default)? Of(string host) => _hosts.TryGetValue(host, out var claims) ? (claims.Routes, claims.Default) : null;

    /// <summary>Whose certificate is used for a host; null when nobody has one.</summary>
    public TlsBinding? TlsOf(string host) => _tls.TryGetValue(host, out var winner) ? winner.Binding : null;

    private HostClaims Host(string host)
    {
        if (!_hosts.TryGetValue(host, out var claims))
        {
            _hosts[host] = claims = new();
        }

        return claims;
    }

    private void PlaceRoute(IngressDraft draft, RouteDraft route)
    {
        var winner = Host(route.Host).Claim(route.Route);
        if (ReferenceEquals(winner, route.Route))
        {
            Count(draft, route.Host, route.Route);
            return;
        }

        var path = route.Route.Path;
        var what = $"{path.Kind} {ProblemText.Clip(path.Value)} of host {HostText(route.Host)}";
        draft.Add(ProblemReason.Conflict, $"{route.Field}.path", path.Value, AllowedPath, $"{what} {Winner(draft, winner.Owner)}; this path is not served");
    }

    // Without rules it takes what no host takes; with rules, what no path of its own hosts takes. An Ingress whose rules are
    // all invalid must not end up with everybody's traffic.
    private void PlaceDefault(IngressDraft draft, Route fallback)
    {
        if (!draft.HasRules)
        {
            if (DefaultRoute is null)
            {
                DefaultRoute = fallback;
                Count(draft, "", fallback);
            }
            else
            {
                draft.Add(ProblemReason.Conflict, "spec.defaultBackend", "", "one default backend without rules", $"the default backend for unknown hosts {Winner(draft, DefaultRoute.Owner)}; this one is not served");
            }

            return;
        }

        foreach (var host in draft.Hosts)
        {
            var claims = Host(host);
            if (claims.Default is null)
            {
                claims.Default = fallback;
                Count(draft, host, fallback);
            }
            else if (!ReferenceEquals(claims.Default, fallback))
            {
                draft.Add(ProblemReason.Conflict, "spec.defaultBackend", host, "one default backend per host", $"the default backend of host {HostText(host)} {Winner(draft, claims.Default.Owner)}; this one is not served there");
            }
        }
    }

    private void PlaceTls(IngressDraft draft, TlsDraft tls)
    {
        var binding = tls.Binding;
        if (!_tls.TryGetValue(binding.Host, out var winner))
        {
            _tls[binding.Host] = (binding, draft.Owner);
        }
        else if (winner.Binding.Source != binding.Source)
        {
            var message = $"the certificate of host {binding.Host} {Winner(draft, winner.Owner)} with Secret {winner.Binding.Source}; Secret {binding.Source} is not used for it";
            draft.Add(ProblemReason.Conflict, tls.Field, binding.Host, $"Secret {winner.Binding.Source}, or a host of its own", message);
        }
    }

    private static void Count(IngressDraft draft, string host, Route route)
    {
        draft.Placed++;
        draft.ServedHosts.Add(host);
        if (route.Backends.Length > 0 && route.Policy.ClosedBecause is null)
        {
            draft.Served++;
        }
    }

    private static string Winner(IngressDraft draft, RouteOwner winner) =>
        winner == draft.Owner ? "stands above in this Ingress already" : $"belongs to Ingress {winner}, which comes first (older, or of equal age and first by name)";

    private static string HostText(string host) => host.Length == 0 ? "* (any)" : host;

    private sealed class HostClaims
    {
        private const int FewRoutes = 8;

        private Dictionary<PathMatch, Route>? _byPath;

        public List<Route> Routes { get; } = new(2);
        public Route? Default { get; set; }

        /// <summary>The route that has this path: this one, or the one that came before it.</summary>
        public Route Claim(Route route)
        {
            if (Find(route.Path) is { } winner)
            {
                return winner;
            }

            Routes.Add(route);
            _byPath?.Add(route.Path, route);
            return route;
        }

        /// <summary>Most hosts have a path or two; a dictionary for each of 10,000 hosts costs more than it saves.</summary>
        private Route? Find(PathMatch path)
        {
            if (Routes.Count < FewRoutes)
            {
                return Routes.Find(r => r.Path == path);
            }

            _byPath ??= Routes.ToDictionary(r => r.Path);
            return _byPath.GetValueOrDefault(path);
        }
    }
}
