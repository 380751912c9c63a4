using System.Collections.Immutable;
using System.Net;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;

namespace WsIngress.Transport.Listening;

/// <summary>What a connection is known by before it says anything.</summary>
/// <param name="Local">Our end.</param>
/// <param name="Remote">The peer's, or what a PROXY header says it is.</param>
internal sealed record ConnectionEnds(IPEndPoint? Local, IPEndPoint? Remote);

/// <summary>Takes connections whose first bytes are a complete, plain head, past the HTTP server. On the loop's thread.</summary>
internal interface IRequestEntry
{
    /// <summary>
    /// True when <paramref name="first"/> is such a head; then the socket was taken and is the entry's. False leaves everything as it was.
    /// </summary>
    bool TryTake(EventLoop loop, ReadOnlyMemory<byte> first, ConnectionEnds ends, bool isTls, IFreshConnection connection);
}

/// <summary>A connection of which nothing but its first bytes is known. On the loop's thread.</summary>
internal interface IFreshConnection
{
    /// <summary>Gives the socket away.</summary>
    BareSocket Take();

    /// <summary>Hands a socket that was taken to the HTTP server, which goes on with what was read but not used, and with what comes.</summary>
    void GiveToServer(BareSocket socket, ReadOnlySpan<byte> unused);
}

/// <summary>How the epoll transport listens.</summary>
internal sealed record EpollOptions
{
    /// <summary>Connections that the kernel holds until they are accepted, on each loop. Default 8,192; net.core.somaxconn bounds it.</summary>
    public int Backlog { get; init; } = 8192;

    /// <summary>Time for a complete PROXY header. Default 5 s.</summary>
    public TimeSpan ProxyHeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time for a TLS handshake. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time until the first byte of a request.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Bytes that may wait in each pipe of an HTTP connection.</summary>
    public int MaxPending { get; init; } = 48 * 1024;

    /// <summary>Peers that may begin a connection with a PROXY protocol header, version 1 or 2.</summary>
    public ImmutableArray<IPNetwork> ProxyProtocolPeers { get; init; } = [];

    /// <summary>Null leaves every connection to the server.</summary>
    public IRequestEntry? Requests { get; init; }

    /// <summary>Makes the TLS session of a connection to a <see cref="TlsEndPoint"/>.</summary>
    public Func<int, TlsSession>? AcceptTls { get; init; }
}

/// <summary>An end point whose connections are all the HTTP server's, whatever they begin with.</summary>
internal sealed class ServerEndPoint(IPAddress address, int port) : IPEndPoint(address, port);

/// <summary>An end point whose connections begin with a TLS handshake.</summary>
internal sealed class TlsEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
