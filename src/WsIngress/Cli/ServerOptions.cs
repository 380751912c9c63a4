using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy;
using WsIngress.Translation.Annotations;

namespace WsIngress.Cli;

/// <summary>What every command that serves can be told, after flags, environment and settings file were joined and checked. Defaults: <see cref="ServerSettings"/>.</summary>
internal sealed record ServerOptions
{
    /// <summary>HTTP/1.1 without TLS.</summary>
    public required ListenAddress Http { get; init; }

    /// <summary>HTTP/1.1 and HTTP/2 over TLS.</summary>
    public required ListenAddress Https { get; init; }

    /// <summary>HTTP/2 without TLS, by prior knowledge.</summary>
    public required ListenAddress H2c { get; init; }

    /// <summary><c>/metrics</c>, <c>/healthz</c>, <c>/readyz</c>.</summary>
    public required ListenAddress Metrics { get; init; }

    public required ListenAddress Admin { get; init; }

    /// <summary>Full path of the file with the token that opens the admin API; null: it listens on loopback and wants none.</summary>
    public string? AdminTokenFile { get; init; }

    public required string IngressClass { get; init; }

    /// <summary>Peers whose X-Forwarded-* and X-Request-ID headers are kept.</summary>
    public required ImmutableArray<IPNetwork> TrustedProxies { get; init; }

    /// <summary>Peers that begin each connection with a PROXY protocol header.</summary>
    public required ImmutableArray<IPNetwork> ProxyProtocol { get; init; }

    public required bool DisableExternalName { get; init; }

    /// <summary>What annotations say where no object sets them.</summary>
    public AnnotationDefaults Defaults { get; init; } = AnnotationDefaults.None;

    /// <summary>Open sockets of all Ingresses of one namespace; zero means no limit.</summary>
    public int MaxConnectionsPerNamespace { get; init; }

    /// <summary>Time over which a shutdown spreads its Close frames.</summary>
    public required TimeSpan DrainWindow { get; init; }

    /// <summary>When a shutdown ends though sockets are still open, counted from the signal; never below <see cref="DeregistrationDelay"/> and <see cref="DrainWindow"/> together.</summary>
    public required TimeSpan DrainDeadline { get; init; }

    /// <summary>How long a shutdown, not ready any more, still takes new connections: load balancers need time to notice.</summary>
    public TimeSpan DeregistrationDelay { get; init; }

    /// <summary>What moves the bytes; null leaves the choice to the data plane.</summary>
    public TransportKind? Transport { get; init; }

    /// <summary>Event loops; 0: one per core.</summary>
    public int Loops { get; init; }

    /// <summary>Who reads the head of a WebSocket over HTTP/1.1; null leaves the choice to the data plane.</summary>
    public HandshakeWay? Handshake { get; init; }

    public required bool AccessLog { get; init; }

    public required LogLevel LogLevel { get; init; }

    public required LogFormat LogFormat { get; init; }
}

/// <summary>The form of log lines.</summary>
internal enum LogFormat
{
    Text,
    Json,
}
