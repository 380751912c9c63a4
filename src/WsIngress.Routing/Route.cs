using System.Collections.Immutable;

namespace WsIngress.Routing;

/// <summary>The object a route came from: an Ingress (or later an HTTPRoute) by namespace and name, used as metric and log labels.</summary>
public readonly record struct RouteOwner(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>One way into a virtual host: a path match, optional conditions, the backends and the policy in force.</summary>
public sealed record Route
{
    public required RouteOwner Owner { get; init; }
    public required PathMatch Path { get; init; }

    /// <summary>Allowed methods; empty allows all. A WebSocket over HTTP/2 (CONNECT, RFC 8441) is matched as GET.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>All must hold.</summary>
    public ImmutableArray<ValueMatch> Headers { get; init; } = [];

    /// <summary>All must hold.</summary>
    public ImmutableArray<ValueMatch> Query { get; init; } = [];

    /// <summary>Empty means that requests get 503: the route exists, nothing can serve it.</summary>
    public ImmutableArray<WeightedBackend> Backends { get; init; } = [];

    public RoutePolicy Policy { get; init; } = RoutePolicy.Default;

    /// <summary>True when something besides the path decides.</summary>
    public bool HasConditions => Methods.Length + Headers.Length + Query.Length > 0;
}

/// <summary>A backend of a route with its share (1 and up) of new requests and the policy that this route applies to it.</summary>
public sealed record WeightedBackend(string BackendKey, int Weight, BackendPolicy Policy);

/// <summary>How a name's value must look: equal, or fully matched by a non-backtracking regex. Header names ignore case, query names do not.</summary>
public sealed record ValueMatch(string Name, string Value, bool IsRegex = false);
