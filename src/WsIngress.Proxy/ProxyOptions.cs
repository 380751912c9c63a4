using System.Collections.Immutable;
using System.Net;
using WsIngress.Proxy.Listening;

namespace WsIngress.Proxy;

/// <summary>Where the data plane listens and whom it trusts. Fixed for the life of the process.</summary>
public sealed record ProxyOptions
{
    /// <summary>HTTP/1.1 in cleartext; null switches it off.</summary>
    public IPEndPoint? Http { get; init; } = new(IPAddress.IPv6Any, 8080);

    /// <summary>HTTP/1.1 and HTTP/2 over TLS; null switches it off.</summary>
    public IPEndPoint? Https { get; init; } = new(IPAddress.IPv6Any, 8443);

    /// <summary>HTTP/2 in cleartext with prior knowledge; off by default.</summary>
    public IPEndPoint? H2c { get; init; }

    /// <summary>Peers whose X-Forwarded-*, X-Real-IP and X-Request-ID are kept.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Peers that may begin a connection with a PROXY protocol header, version 1 or 2.</summary>
    public ImmutableArray<IPNetwork> ProxyProtocolPeers { get; init; } = [];

    /// <summary>Largest total of request header lines before 431.</summary>
    public int MaxHeaderBytes { get; init; } = 64 * 1024;

    /// <summary>Longest request line before 414.</summary>
    public int MaxRequestLine { get; init; } = 16 * 1024;

    /// <summary>Time for a client to send its complete request head before 408.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Decides whether one more socket is taken; null looks at this process.</summary>
    public ProcessRoom? Room { get; init; }

    /// <summary>Asked once about every pod that begins to go with sockets open; null: nobody knows.</summary>
    public PodDeadline? PodDeadline { get; init; }

    /// <summary>Open sockets of all Ingresses of one namespace; zero means no limit.</summary>
    public int MaxConnectionsPerNamespace { get; init; }

    /// <summary>What moves the bytes under the server. Default: epoll on Linux.</summary>
    public TransportKind Transport { get; init; } = DefaultTransport;

    public static TransportKind DefaultTransport => OperatingSystem.IsLinux() ? TransportKind.Epoll : TransportKind.Sockets;

    /// <summary>Who reads the heads of WebSockets and of plain requests over HTTP/1.1. The epoll transport can do it itself.</summary>
    public HandshakeWay Handshake { get; init; } = HandshakeWay.Transport;

    /// <summary>Event loops of the epoll transport; 0: one per core.</summary>
    public int Loops { get; init; }

    /// <summary>How long an idle keep-alive connection stays open.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);
}

/// <summary>When a terminating pod will be killed; null when that is not known. It must not throw but for a cancellation.</summary>
public delegate Task<DateTimeOffset?> PodDeadline(string ns, string name, string uid, CancellationToken cancellation);

/// <summary>What accepts connections and moves their bytes.</summary>
public enum TransportKind
{
    /// <summary>Kestrel's own sockets; WebSockets are relayed over streams.</summary>
    Sockets,

    /// <summary>Event loops over epoll; WebSockets are relayed from descriptor to descriptor. Linux only.</summary>
    Epoll,
}

/// <summary>Who reads the heads of WebSocket handshakes and of plain requests without a body over HTTP/1.1.</summary>
public enum HandshakeWay
{
    /// <summary>The epoll transport, where a head is complete and ordinary; Kestrel for everything else.</summary>
    Transport,

    /// <summary>Kestrel, always.</summary>
    Kestrel,
}
