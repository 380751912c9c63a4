using System.Collections.Immutable;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;

namespace WsIngress.Proxy.Live;

/// <summary>
/// The one volatile reference between control and data plane. <see cref="Publish"/> builds the next live table from the one before,
/// reusing certificates, regexes, routes, endpoint sets and all live state, and swaps it in with one write: what did not change is not looked at. One publisher
/// at a time; <see cref="SetEndpoints"/> may be called beside it.
/// </summary>
public sealed class LiveTableHolder
{
    private readonly EndpointStates _endpoints;
    private readonly CertificateMap.Factory _certificates;

    /// <summary>Held where endpoints change, never while a matcher or a certificate is made.</summary>
    private readonly Lock _gate = new();

    /// <summary>Keys of backends whose endpoints were set past a table, until a table has caught up.</summary>
    private readonly HashSet<string> _ahead = new(StringComparer.Ordinal);
    private volatile LiveBackends _backends = LiveBackends.Empty;
    private volatile LiveTable _current;

    /// <summary>A route names a backend that its table lacks.</summary>
    private bool _isTorn;

    public LiveTableHolder(CertificateMap.Factory certificates)
        : this(certificates, static _ => { }, TimeProvider.System)
    {
    }

    /// <param name="certificates">Loads certificates.</param>
    /// <param name="podChanged">Hears, under a lock, of every pod that goes, is gone, or has come back.</param>
    /// <param name="time">The clock.</param>
    internal LiveTableHolder(CertificateMap.Factory certificates, Action<EndpointState> podChanged, TimeProvider time)
    {
        _endpoints = new(podChanged, time);
        _certificates = certificates;
        _current = new LiveTable(RoutingTable.Empty, new RouteMatcher(RoutingTable.Empty), certificates.Build([], null));
    }

    public LiveTable Current => _current;

    /// <summary>Backends of the current table, sorted by key; a snapshot for the admin API and metrics.</summary>
    public IReadOnlyCollection<BackendState> Backends => _backends.States;

    /// <param name="table">The next table.</param>
    /// <param name="asOf">Version of the objects that it shows; endpoints that were set as of a later one stay.</param>
    public void Publish(RoutingTable table, long asOf = long.MaxValue)
    {
        var previous = _current;
        var backends = Next(table, asOf, out var gone);

        // Routes keep the backends they were made with. A table of ours never drops one that a route names; one that does is made as a whole.
        var isTorn = _isTorn || (gone.Count > 0 && Names(table, gone));
        _isTorn = false;
        var matcher = new RouteMatcher(table, isTorn ? null : previous.Matcher, (route, path) => new RouteState(route, Resolve(route, backends), path, table.Revision));
        _current = new LiveTable(table, matcher, _certificates.Build(table.TlsBindings, previous.Certificates));
        Settle(backends, gone);
    }

    /// <summary>Brings the backends to the endpoints of the table that is live already, for whatever was set past it since.</summary>
    public void Settle(RoutingTable table, long asOf) => Settle(Next(table, asOf, out var gone), gone);

    /// <summary>Gives one backend other endpoints; requests pick from them at once. False when no such backend is live.</summary>
    public bool SetEndpoints(string backendKey, ImmutableArray<Endpoint> endpoints, long asOf)
    {
        lock (_gate)
        {
            if (_backends.Find(backendKey) is not { } state)
            {
                return false;
            }

            if (asOf >= state.AsOf)
            {
                _endpoints.Set(state, endpoints);
                state.AsOf = asOf;
                _ahead.Add(backendKey);
            }

            return true;
        }
    }

    /// <summary>The backends of a table, with its endpoints where these are not older than what was set past it.</summary>
    private LiveBackends Next(RoutingTable table, long asOf, out List<BackendState> gone)
    {
        lock (_gate)
        {
            var next = _backends.With(table.Backends, out gone, out var changed);
            foreach (var (backend, state) in changed)
            {
                if (state.AsOf <= asOf)
                {
                    _endpoints.Set(state, backend.Endpoints);
                }
            }

            foreach (var key in _ahead)
            {
                if (next.Find(key) is { } state && state.AsOf <= asOf)
                {
                    _endpoints.Set(state, next.SourceOf(key)!.Endpoints);
                }
            }

            _ahead.RemoveWhere(key => next.Find(key) is not { } state || state.AsOf <= asOf);
            return next;
        }
    }

    private void Settle(LiveBackends backends, List<BackendState> gone)
    {
        lock (_gate)
        {
            _backends = backends;
            foreach (var backend in gone)
            {
                _endpoints.Leave(backend.Current);
            }

            _endpoints.Forget();
        }
    }

    private static bool Names(RoutingTable table, List<BackendState> gone)
    {
        var keys = gone.Select(backend => backend.Key).ToHashSet(StringComparer.Ordinal);
        return table.Hosts.Any(host => host.Routes.Any(Names) || (host.Default is { } route && Names(route))) || (table.DefaultRoute is { } last && Names(last));

        bool Names(Route route)
        {
            foreach (var backend in route.Backends)
            {
                if (keys.Contains(backend.BackendKey))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private ImmutableArray<RouteBackend> Resolve(Route route, LiveBackends backends)
    {
        var resolved = ImmutableArray.CreateBuilder<RouteBackend>(route.Backends.Length);
        foreach (var backend in route.Backends)
        {
            var state = backends.Find(backend.BackendKey);
            _isTorn |= state is null;

            // The only one gets everything, whatever its weight.
            if (state is not null && (backend.Weight > 0 || route.Backends.Length == 1))
            {
                resolved.Add(new(state, Math.Max(1, backend.Weight), backend.Policy));
            }
        }

        return resolved.DrainToImmutable();
    }
}
