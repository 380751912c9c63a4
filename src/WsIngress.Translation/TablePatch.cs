using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>The next table where only some names are decided anew: all else is taken over as it stands.</summary>
/// <param name="before">The table before.</param>
/// <param name="claims">Counts which backends the table names.</param>
internal sealed class TablePatch(RoutingTable before, ClaimIndex claims)
{
    /// <param name="names">Every name that may be served in another way now.</param>
    /// <param name="placed">What the conflicts left for these names.</param>
    /// <param name="backends">Backends of those who claim these names.</param>
    /// <param name="certificate">For clients that match no host; null for none.</param>
    /// <returns>The same table when nothing of it changed.</returns>
    public RoutingTable Apply(IReadOnlySet<string> names, ConflictResolver placed, IEnumerable<Backend> backends, TlsBinding? certificate)
    {
        var (hosts, tls, fallback) = (Sorted<VirtualHost>(), Sorted<TlsBinding>(), before.DefaultRoute);
        var changed = new SortedDictionary<string, Backend?>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name == ClaimIndex.TableDefault)
            {
                fallback = placed.DefaultRoute;
                continue;
            }

            var old = SortedPatch.Find(before.Hosts, name, host => host.Host, StringComparer.Ordinal);
            hosts[name] = placed.Of(name) is { } served ? Host(old, name, served.Routes, served.Default) : null;
            tls[name] = Binding(name, placed.TlsOf(name));
            Count(old, hosts[name], changed);
        }

        // The certificate of no host stands first, which is where its name, the empty one, belongs.
        tls[""] = Binding("", certificate);
        claims.Use(before.DefaultRoute, -1);
        claims.Use(fallback, 1);
        Name(before.DefaultRoute, changed);
        Name(fallback, changed);

        foreach (var backend in backends)
        {
            changed[backend.Key] = backend;
        }

        foreach (var key in changed.Keys.ToArray())
        {
            var old = SortedPatch.Find(before.Backends, key, backend => backend.Key, StringComparer.Ordinal);
            changed[key] = !claims.Uses(key) ? null : changed[key] is { } next ? TableReuse.Either(old, next) : old;
        }

        var allHosts = SortedPatch.Apply(before.Hosts, hosts, host => host.Host);
        var allBackends = SortedPatch.Apply(before.Backends, changed, backend => backend.Key);
        var allTls = SortedPatch.Apply(before.TlsBindings, tls, binding => binding.Host);
        return allHosts == before.Hosts && allBackends == before.Backends && allTls == before.TlsBindings && ReferenceEquals(fallback, before.DefaultRoute)
            ? before
            : new(allHosts, allBackends, allTls, fallback);
    }

    private static VirtualHost Host(VirtualHost? old, string host, List<Route> routes, Route? fallback) =>
        TableReuse.Host(old, host, routes, fallback) ?? TableReuse.Either(old, TableBuilder.Sorted(host, routes, fallback));

    private TlsBinding? Binding(string host, TlsBinding? next)
    {
        var old = SortedPatch.Find(before.TlsBindings, host, binding => binding.Host, StringComparer.Ordinal);
        return old is not null && old == next ? old : next;
    }

    private void Count(VirtualHost? old, VirtualHost? next, SortedDictionary<string, Backend?> changed)
    {
        if (ReferenceEquals(old, next))
        {
            return;
        }

        claims.Use(old, -1);
        claims.Use(next, 1);
        foreach (var route in (old?.Routes ?? []).Concat(next?.Routes ?? []))
        {
            Name(route, changed);
        }

        Name(old?.Default, changed);
        Name(next?.Default, changed);
    }

    private static void Name(Route? route, SortedDictionary<string, Backend?> changed)
    {
        foreach (var backend in route?.Backends ?? [])
        {
            changed.TryAdd(backend.BackendKey, null);
        }
    }

    private static SortedDictionary<string, T?> Sorted<T>()
        where T : class => new(StringComparer.Ordinal);
}
