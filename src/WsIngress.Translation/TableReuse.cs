using System.Collections.Immutable;
using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>
/// Puts the parts of the table before in the place of new parts that are equal to them. It changes no content: an equal part that is
/// the same object is not hashed, indexed or compared again by whoever comes next.
/// </summary>
internal static class TableReuse
{
    /// <summary>With more routes of a host it is quicker to sort them than to look for each among the others.</summary>
    private const int Few = 32;

    /// <summary>The host of the table before when it is made of the very same routes, in whatever order they come here; else null.</summary>
    public static VirtualHost? Host(VirtualHost? before, string host, List<Route> routes, Route? fallback)
    {
        if (before is null || routes.Count > Few || before.Host != host || before.Routes.Length != routes.Count || !ReferenceEquals(before.Default, fallback))
        {
            return null;
        }

        foreach (var route in routes)
        {
            if (!Has(before.Routes, route))
            {
                return null;
            }
        }

        return before;
    }

    /// <param name="hosts">New, sorted by host.</param>
    /// <param name="before">Of the table before, sorted by host.</param>
    public static void Hosts(ImmutableArray<VirtualHost>.Builder hosts, ImmutableArray<VirtualHost> before)
    {
        var old = 0;
        for (var i = 0; i < hosts.Count; i++)
        {
            while (old < before.Length && string.CompareOrdinal(before[old].Host, hosts[i].Host) < 0)
            {
                old++;
            }

            if (old < before.Length && !ReferenceEquals(before[old], hosts[i]) && Same(before[old], hosts[i]))
            {
                hosts[i] = before[old];
            }
        }
    }

    /// <param name="backends">New, sorted by key.</param>
    /// <param name="before">Of the table before, sorted by key.</param>
    public static void Backends(ImmutableArray<Backend>.Builder backends, ImmutableArray<Backend> before)
    {
        var old = 0;
        for (var i = 0; i < backends.Count; i++)
        {
            while (old < before.Length && string.CompareOrdinal(before[old].Key, backends[i].Key) < 0)
            {
                old++;
            }

            if (old < before.Length && before[old].Key == backends[i].Key && Same(before[old].Endpoints, backends[i].Endpoints))
            {
                backends[i] = before[old];
            }
        }
    }

    /// <summary>The list before, where it holds equal bindings: certificates are rarely what has changed.</summary>
    public static ImmutableArray<TlsBinding> Tls(ImmutableArray<TlsBinding> bindings, ImmutableArray<TlsBinding> before)
    {
        if (bindings.Length != before.Length)
        {
            return bindings;
        }

        for (var i = 0; i < bindings.Length; i++)
        {
            if (!ReferenceEquals(bindings[i], before[i]) && bindings[i] != before[i])
            {
                return bindings;
            }
        }

        return before;
    }

    /// <summary>The host of the table before where it is equal to the new one.</summary>
    public static VirtualHost Either(VirtualHost? before, VirtualHost next) => before is not null && Same(before, next) ? before : next;

    /// <inheritdoc cref="Either(VirtualHost?, VirtualHost)"/>
    public static Backend Either(Backend? before, Backend next) => before is not null && before.Key == next.Key && Same(before.Endpoints, next.Endpoints) ? before : next;

    private static bool Has(ImmutableArray<Route> routes, Route route)
    {
        foreach (var one in routes)
        {
            if (ReferenceEquals(one, route))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(VirtualHost a, VirtualHost b)
    {
        if (a.Host != b.Host || a.Routes.Length != b.Routes.Length || !Same(a.Default, b.Default))
        {
            return false;
        }

        for (var i = 0; i < a.Routes.Length; i++)
        {
            if (!Same(a.Routes[i], b.Routes[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Routes with conditions are never taken for equal: an Ingress makes none.</summary>
    private static bool Same(Route? a, Route? b)
    {
        if (a is null || b is null)
        {
            return ReferenceEquals(a, b);
        }

        return a.Owner == b.Owner && a.Path == b.Path && !a.HasConditions && !b.HasConditions
            && (ReferenceEquals(a.Policy, b.Policy) || a.Policy == b.Policy)
            && Same(a.Backends, b.Backends);
    }

    private static bool Same<T>(ImmutableArray<T> a, ImmutableArray<T> b)
        where T : IEquatable<T> =>
        a == b || a.AsSpan().SequenceEqual(b.AsSpan());
}
