using System.Collections.Immutable;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;

namespace WsIngress.Proxy.Live;

/// <summary>
/// The one volatile reference between control and data plane. <see cref="Publish"/> builds the next live table from the one before,
/// reusing certificates, regexes, endpoint sets and all live state, and swaps it in with one write. One publisher at a time;
/// <see cref="SetEndpoints"/> may be called beside it.
/// </summary>
public sealed class LiveTableHolder
{
    private readonly Dictionary<string, EndpointState> _endpoints = new(StringComparer.Ordinal);
    private readonly CertificateMap.Factory _certificates;

    /// <summary>Held where endpoints change, never while a matcher or a certificate is made.</summary>
    private readonly Lock _gate = new();
    private Dictionary<string, BackendState> _backends = new(StringComparer.Ordinal);
    private volatile LiveTable _current;
    private bool _endpointsChanged;

    public LiveTableHolder(CertificateMap.Factory certificates)
    {
        _certificates = certificates;
        _current = new LiveTable(RoutingTable.Empty, new RouteMatcher(RoutingTable.Empty), [], certificates.Build([], null));
    }

    public LiveTable Current => _current;

    /// <summary>Backends of the current table by key; a snapshot for the admin API and metrics.</summary>
    public IReadOnlyCollection<BackendState> Backends => Volatile.Read(ref _backends).Values;

    /// <param name="table">The next table.</param>
    /// <param name="asOf">Version of the objects that it shows; endpoints that were set as of a later one stay.</param>
    public void Publish(RoutingTable table, long asOf = long.MaxValue)
    {
        var previous = _current;
        var backends = PublishBackends(table, asOf);
        var matcher = new RouteMatcher(table, previous.Matcher);
        var routes = new RouteState[matcher.Routes.Count];
        for (var i = 0; i < routes.Length; i++)
        {
            var route = matcher.Routes[i];
            routes[i] = new RouteState(route, Resolve(route, backends), matcher.PathRegex(route), table.Revision);
        }

        var certificates = _certificates.Build(table.TlsBindings, previous.Certificates);
        _current = new LiveTable(table, matcher, routes, certificates);
        lock (_gate)
        {
            Volatile.Write(ref _backends, backends);
            Forget();
        }
    }

    /// <summary>Brings the backends to the endpoints of the table that is live already, for whatever was set past it since.</summary>
    public void Settle(RoutingTable table, long asOf)
    {
        PublishBackends(table, asOf);
        lock (_gate)
        {
            Forget();
        }
    }

    /// <summary>Gives one backend other endpoints; requests pick from them at once. False when no such backend is live.</summary>
    public bool SetEndpoints(string backendKey, ImmutableArray<Endpoint> endpoints, long asOf)
    {
        lock (_gate)
        {
            if (!_backends.TryGetValue(backendKey, out var state))
            {
                return false;
            }

            if (asOf >= state.AsOf)
            {
                Set(state, endpoints);
                state.AsOf = asOf;
            }

            return true;
        }
    }

    private static ImmutableArray<RouteBackend> Resolve(Route route, Dictionary<string, BackendState> backends)
    {
        if (route.Backends.Length == 1)
        {
            return backends.TryGetValue(route.Backends[0].BackendKey, out var only) ? [new(only, 1, route.Backends[0].Policy)] : [];
        }

        var resolved = ImmutableArray.CreateBuilder<RouteBackend>(route.Backends.Length);
        foreach (var backend in route.Backends)
        {
            if (backend.Weight > 0 && backends.TryGetValue(backend.BackendKey, out var state))
            {
                resolved.Add(new(state, backend.Weight, backend.Policy));
            }
        }

        return resolved.ToImmutable();
    }

    private Dictionary<string, BackendState> PublishBackends(RoutingTable table, long asOf)
    {
        var next = new Dictionary<string, BackendState>(table.Backends.Length, StringComparer.Ordinal);
        lock (_gate)
        {
            _endpointsChanged |= table.Backends.Length < _backends.Count;
            foreach (var backend in table.Backends)
            {
                if (!_backends.TryGetValue(backend.Key, out var state))
                {
                    state = new BackendState(backend);
                    _endpointsChanged = true;
                }

                if (state.AsOf <= asOf)
                {
                    Set(state, backend.Endpoints);
                }

                next.Add(backend.Key, state);
            }
        }

        return next;
    }

    private void Set(BackendState state, ImmutableArray<Endpoint> endpoints)
    {
        if (state.Current.Source != endpoints && !state.Current.Source.AsSpan().SequenceEqual(endpoints.AsSpan()))
        {
            _endpointsChanged = true;
            state.Current = new EndpointSet(endpoints, [.. endpoints.Select(e => new EndpointEntry(e, StateOf(e)))]);
        }
    }

    private EndpointState StateOf(Endpoint endpoint)
    {
        if (!_endpoints.TryGetValue(endpoint.StateKey, out var state))
        {
            state = new EndpointState(endpoint.StateKey);
            _endpoints.Add(endpoint.StateKey, state);
        }

        return state;
    }

    /// <summary>Drops the state of pods that are gone and idle. One that still has open sockets keeps its state: it may come back into a slice.</summary>
    private void Forget()
    {
        if (!_endpointsChanged)
        {
            return;
        }

        _endpointsChanged = false;
        var live = new HashSet<string>(StringComparer.Ordinal);
        foreach (var backend in _backends.Values)
        {
            foreach (var entry in backend.Current.All)
            {
                live.Add(entry.State.Key);
            }
        }

        foreach (var (key, state) in _endpoints)
        {
            if (state.Load == 0 && !live.Contains(key))
            {
                _endpoints.Remove(key);
            }
        }
    }
}
