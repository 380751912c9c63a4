using System.Collections.Immutable;
using System.Net;

namespace WsIngress.Routing;

/// <summary>What one route allows and how long it waits. Every default is the documented default of the annotation of the same name.</summary>
public sealed record RoutePolicy
{
    public static readonly RoutePolicy Default = new();

    /// <summary>Longest silence of a plain HTTP exchange before 504; zero means no limit. Never applies to an open WebSocket.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time to connect to one pod.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest request body in bytes before 413; zero means no limit.</summary>
    public long MaxBodySize { get; init; } = 64L * 1024 * 1024;

    /// <summary>Clients let in; empty lets all in.</summary>
    public ImmutableArray<IPNetwork> AllowCidrs { get; init; } = [];

    /// <summary>Clients kept out; looked at before <see cref="AllowCidrs"/>.</summary>
    public ImmutableArray<IPNetwork> DenyCidrs { get; init; } = [];

    /// <summary>Set when a guard could not be read: the route answers 503 with this text instead of serving unguarded.</summary>
    public string? ClosedBecause { get; init; }

    /// <summary>Redirect http to https with 308.</summary>
    public bool SslRedirect { get; init; }

    /// <summary>Path sent to the pod; <c>$1</c>…<c>$9</c> are captures of a regex path. Null sends the path as it came.</summary>
    public string? RewriteTarget { get; init; }

    public WebSocketPolicy WebSocket { get; init; } = WebSocketPolicy.Default;
}

/// <summary>The WebSocket half of a route's policy, independent of every HTTP timeout.</summary>
public sealed record WebSocketPolicy
{
    public static readonly WebSocketPolicy Default = new();

    /// <summary>False answers an upgrade with 403.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Longest time without any frame in either direction; zero means no limit.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>From the client's complete request head to the pod's answer, connection tries included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest life of one socket; zero means no limit.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>Open sockets of the whole Ingress, on this replica; zero means no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Open sockets of one client of the Ingress, on this replica: of an IPv4 address, or of an IPv6 /64. Zero means no limit.</summary>
    public int MaxConnectionsPerClient { get; init; }

    /// <summary>Open sockets of the Ingress with the same <see cref="ConnectionKey"/>, on this replica; zero means no limit.</summary>
    public int MaxConnectionsPerKey { get; init; }

    /// <summary>What <see cref="MaxConnectionsPerKey"/> counts by; a handshake without it counts for its client's address. Never the path.</summary>
    public HashKey ConnectionKey { get; init; } = new(HashSource.ClientIp);

    /// <summary>New sockets of the whole Ingress, on this replica.</summary>
    public HandshakePace Pace { get; init; } = HandshakePace.None;

    /// <summary>What may pass an open socket.</summary>
    public MessagePolicy Messages { get; init; } = MessagePolicy.None;

    /// <summary>What becomes of open sockets when no route serves their host and path any more.</summary>
    public RouteRemoval OnRouteRemoved { get; init; }
}

/// <summary>What becomes of the sockets of a route that is gone.</summary>
public enum RouteRemoval
{
    /// <summary>They live on; a mistake in a manifest costs nobody a socket.</summary>
    Keep,

    /// <summary>They end evenly over the drain window of their backend.</summary>
    Drain,

    /// <summary>They end at once.</summary>
    Close,
}
