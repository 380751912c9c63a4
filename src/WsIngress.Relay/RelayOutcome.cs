namespace WsIngress.Relay;

/// <summary>
/// Why a socket ended: a closed list. <see cref="RelayOutcomes.Word"/> gives the one word that code, log, metric label and Close reason share.
/// </summary>
public enum RelayOutcome
{
    /// <summary>The client sent the first Close frame.</summary>
    ClientClosed,

    /// <summary>The backend sent the first Close frame.</summary>
    BackendClosed,

    /// <summary>The client's connection ended or failed without a Close frame.</summary>
    ClientLost,

    /// <summary>The backend's connection ended or failed without a Close frame.</summary>
    BackendLost,

    /// <summary>No frame, either way, for the route's idle timeout.</summary>
    IdleTimeout,

    /// <summary>A side did not answer the proxy's Ping in time.</summary>
    PingTimeout,

    /// <summary>The socket reached the route's greatest age.</summary>
    MaxAge,

    /// <summary>The pod is terminating and its sockets are drained.</summary>
    PodTerminating,

    /// <summary>The pod is gone from the cluster.</summary>
    PodRemoved,

    /// <summary>No route serves this socket's host and path any more.</summary>
    RouteRemoved,

    /// <summary>The socket was moved off a crowded pod.</summary>
    Rebalance,

    /// <summary>This proxy is stopping.</summary>
    ProxyShutdown,

    /// <summary>A message was above the route's limit.</summary>
    MessageTooBig,

    /// <summary>Messages came faster than the route allows.</summary>
    MessageRate,

    /// <summary>A side did not take its bytes for too long.</summary>
    SlowConsumer,

    /// <summary>A side broke RFC 6455.</summary>
    ProtocolError,

    /// <summary>The client's token expired.</summary>
    TokenExpired,

    /// <summary>The client's access was withdrawn.</summary>
    Revoked,

    /// <summary>An operator closed the socket.</summary>
    Operator,
}
