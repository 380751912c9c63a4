using System.Collections.Immutable;
using WsIngress.Routing;
using WsIngress.Translation.Backends;

namespace WsIngress.Translation;

/// <summary>Step 7: sorts what the conflicts left into the table, with the backends that some route uses.</summary>
internal static class TableBuilder
{
    /// <param name="placed">What the conflicts left.</param>
    /// <param name="backends">Every backend that was asked for.</param>
    /// <param name="certificate">For clients that match no host; null for none.</param>
    /// <param name="before">The table whose equal parts are taken over.</param>
    public static RoutingTable Build(ConflictResolver placed, BackendResolver backends, TlsBinding? certificate, RoutingTable before)
    {
        var used = new HashSet<string>(before.Backends.Length, StringComparer.Ordinal);
        var hosts = ImmutableArray.CreateBuilder<VirtualHost>(before.Hosts.Length + 1);
        var old = 0;
        foreach (var (host, routes, fallback) in placed.Hosts(before.Hosts))
        {
            while (old < before.Hosts.Length && string.CompareOrdinal(before.Hosts[old].Host, host) < 0)
            {
                old++;
            }

            foreach (var route in routes)
            {
                Use(used, route);
            }

            Use(used, fallback);
            hosts.Add(TableReuse.Host(old < before.Hosts.Length ? before.Hosts[old] : null, host, routes, fallback) ?? Sorted(host, routes, fallback));
        }

        Use(used, placed.DefaultRoute);
        TableReuse.Hosts(hosts, before.Hosts);
        IEnumerable<TlsBinding> fallbacks = certificate is null ? [] : [certificate];
        var tls = TableReuse.Tls([.. fallbacks, .. placed.TlsBindings(before.TlsBindings)], before.TlsBindings);
        return new(hosts.DrainToImmutable(), Backends(backends, used, before.Backends), tls, placed.DefaultRoute);
    }

    public static VirtualHost Sorted(string host, List<Route> routes, Route? fallback)
    {
        var sorted = ImmutableArray.CreateBuilder<Route>(routes.Count);
        sorted.AddRange(routes);
        sorted.Sort(RoutePrecedence.Instance);
        return new() { Host = host, Routes = sorted.MoveToImmutable(), Default = fallback };
    }

    private static ImmutableArray<Backend> Backends(BackendResolver backends, HashSet<string> used, ImmutableArray<Backend> before)
    {
        var byKey = new Dictionary<string, Backend>(used.Count, StringComparer.Ordinal);
        foreach (var backend in backends.Resolved.Where(b => used.Contains(b.Key)))
        {
            byKey.TryAdd(backend.Key, backend);
        }

        var kept = ImmutableArray.CreateBuilder<Backend>(byKey.Count);
        kept.AddRange(KnownOrder.Of(byKey, before.Select(backend => backend.Key)).Select(entry => entry.Value));
        TableReuse.Backends(kept, before);
        return kept.DrainToImmutable();
    }

    private static void Use(HashSet<string> used, Route? route)
    {
        foreach (var backend in route?.Backends ?? [])
        {
            used.Add(backend.BackendKey);
        }
    }
}
