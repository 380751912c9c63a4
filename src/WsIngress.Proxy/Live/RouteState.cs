using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using WsIngress.Proxy.Balancing;
using WsIngress.Relay;
using WsIngress.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace WsIngress.Proxy.Live;

/// <summary>A backend of a route made ready to use.</summary>
public sealed record RouteBackend(BackendState Backend, int Weight, BackendPolicy Policy);

/// <summary>One route with what a request needs at hand, for as long as its host stays as it is. Open sockets hold on to it; it never changes.</summary>
public sealed class RouteState
{
    /// <summary>The longest span that a timer of the forwarder takes.</summary>
    private static readonly TimeSpan NoTimeout = TimeSpan.FromDays(24);

    private ForwarderChoice? _forwarder;

    internal RouteState(Route route, ImmutableArray<RouteBackend> backends, Regex? pathRegex, long revision)
    {
        Route = route;
        Backends = backends;
        PathRegex = pathRegex;
        Revision = revision;
        Service = backends.IsEmpty ? "" : backends[0].Backend.Service;
        HasSocketLimits = Policy.WebSocket.MaxConnections > 0 || Policy.WebSocket.MaxConnectionsPerClient > 0 || Policy.WebSocket.MaxConnectionsPerKey > 0;
        foreach (var backend in backends)
        {
            TotalWeight += backend.Weight;
        }
    }

    public Route Route { get; }

    public RoutePolicy Policy => Route.Policy;

    public ImmutableArray<RouteBackend> Backends { get; }

    /// <summary>Revision of the table that brought this route's host as it is; later tables took it over.</summary>
    public long Revision { get; }

    /// <summary>Service of the first backend: the label of metrics and logs before a backend is chosen.</summary>
    public string Service { get; }

    /// <summary>Its sockets are counted, beside those of their pods.</summary>
    internal bool HasSocketLimits { get; }

    internal Regex? PathRegex { get; }

    /// <summary>Rules of this route's relays, shared by all of its sockets.</summary>
    internal RelayOptions? RelayOptions { get; set; }

    /// <summary>Texts that its sockets have in common.</summary>
    internal SharedTexts Texts { get; } = new();

    private int TotalWeight { get; }

    /// <summary>Settings of the forwarder, made once; the request timeout counts silence, never the length of an exchange.</summary>
    internal ForwarderRequestConfig ForwarderConfig(BackendProtocol protocol)
    {
        if (_forwarder is { } known && known.Protocol == protocol)
        {
            return known.Config;
        }

        var isHttp2 = protocol is BackendProtocol.H2c or BackendProtocol.Grpc;
        var config = new ForwarderRequestConfig
        {
            ActivityTimeout = Policy.RequestTimeout > TimeSpan.Zero ? Policy.RequestTimeout : NoTimeout,
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        _forwarder = new(protocol, config);
        return config;
    }

    /// <summary>A backend by weight, or null when the route has none.</summary>
    internal RouteBackend? PickBackend(Random random)
    {
        if (Backends.Length <= 1)
        {
            return Backends.IsEmpty ? null : Backends[0];
        }

        var share = random.Next(TotalWeight);
        foreach (var backend in Backends)
        {
            share -= backend.Weight;
            if (share < 0)
            {
                return backend;
            }
        }

        return Backends[^1];
    }

    private sealed record ForwarderChoice(BackendProtocol Protocol, ForwarderRequestConfig Config);
}
