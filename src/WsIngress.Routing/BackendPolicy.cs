namespace WsIngress.Routing;

/// <summary>What is spoken to the pods.</summary>
public enum BackendProtocol
{
    /// <summary>HTTP/1.1 and ws.</summary>
    Http,

    /// <summary>HTTP/1.1 over TLS and wss.</summary>
    Https,

    /// <summary>HTTP/2 with prior knowledge; WebSockets are refused (pods would need RFC 8441).</summary>
    H2c,

    /// <summary>gRPC: HTTP/2 with prior knowledge, over cleartext.</summary>
    Grpc,
}

/// <summary>How the next pod is chosen.</summary>
public enum LoadBalancing
{
    PowerOfTwo,
    LeastConnections,
    RoundRobin,
    Random,
    ConsistentHash,
}

/// <summary>Where the key of <see cref="LoadBalancing.ConsistentHash"/> comes from.</summary>
public enum HashSource
{
    ClientIp,
    Header,
    Cookie,
    Query,
    Path,
}

/// <summary>A hash key: its source and, for header, cookie and query, the name.</summary>
public sealed record HashKey(HashSource Source, string Name = "");

/// <summary>Cookie affinity: the attributes of the cookie that ties a client to a pod.</summary>
public sealed record AffinityCookie
{
    public string Name { get; init; } = "wsingress-affinity";
    public string Path { get; init; } = "/";
    public string? Domain { get; init; }

    /// <summary>Zero makes a session cookie.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>None, Lax or Strict; null leaves the attribute out.</summary>
    public string? SameSite { get; init; }

    /// <summary>Null: Secure on https only.</summary>
    public bool? Secure { get; init; }
}

/// <summary>TLS toward the pods. Without <see cref="Verify"/> any certificate is taken, as nginx does.</summary>
public sealed record BackendTls
{
    public static readonly BackendTls Default = new();

    public bool Verify { get; init; }

    /// <summary>SNI and the name to verify; null takes the request's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>PEM of the authorities to trust; null trusts the system's.</summary>
    public string? CaPem { get; init; }
}

/// <summary>How the open sockets of a pod that goes come to their end.</summary>
public enum DrainMode
{
    /// <summary>One after the other, evenly over the window.</summary>
    Spread,

    /// <summary>The pod ends them itself.</summary>
    Wait,

    /// <summary>All at once.</summary>
    Immediate,
}

/// <summary>What becomes of open sockets when their pod goes.</summary>
public sealed record DrainPolicy
{
    public static readonly DrainPolicy Default = new();

    public DrainMode Mode { get; init; }

    /// <summary>The time over which <see cref="DrainMode.Spread"/> ends them. Default 20 s: with the close handshakes it fits into the 30 s that Kubernetes gives a pod.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The Close code that clients get. Default 1012, "service restart": come back, somewhere else is room for you.</summary>
    public ushort CloseCode { get; init; } = 1012;
}

/// <summary>What a route applies to one backend: protocol, choice of pod, affinity.</summary>
public sealed record BackendPolicy
{
    public static readonly BackendPolicy Default = new();

    public BackendProtocol Protocol { get; init; }
    public LoadBalancing LoadBalancing { get; init; }

    /// <summary>Used by <see cref="LoadBalancing.ConsistentHash"/>.</summary>
    public HashKey HashBy { get; init; } = new(HashSource.ClientIp);

    /// <summary>Null: no affinity.</summary>
    public AffinityCookie? Affinity { get; init; }

    public BackendTls Tls { get; init; } = BackendTls.Default;

    public DrainPolicy Drain { get; init; } = DrainPolicy.Default;

    /// <summary>Open sockets of one pod, from this replica; zero means no limit.</summary>
    public int MaxConnectionsPerPod { get; init; }

    /// <summary>New sockets of one pod, from this replica.</summary>
    public HandshakePace Pace { get; init; } = HandshakePace.None;

    /// <summary>A pod that has just become ready begins with a tenth of what it gets, and has all of it after this time; zero: at once.</summary>
    public TimeSpan SlowStart { get; init; }
}
