using System.Net;
using WsIngress.Proxy.Live;
using WsIngress.Relay;

namespace WsIngress.Proxy.Telemetry;

/// <summary>Facts about a request that its log lines share. <see cref="Path"/> has no query: queries carry credentials.</summary>
public sealed record RequestFacts
{
    public required string Id { get; init; }

    /// <summary>X-Request-ID as the pod gets it: the key to the pod's own log.</summary>
    public required string RequestId { get; init; }

    public required string Method { get; init; }
    public required string Host { get; init; }
    public required string Path { get; init; }

    /// <summary><c>HTTP/1.1</c> or <c>HTTP/2</c>.</summary>
    public required string Protocol { get; init; }

    public required string Scheme { get; init; }
    public required IPAddress Client { get; init; }
    public string? UserAgent { get; init; }

    /// <summary>Null when nothing matched.</summary>
    public RouteState? Route { get; init; }
}

/// <summary>One plain HTTP exchange, at its end.</summary>
public sealed record HttpFacts(RequestFacts Request, int Status, TimeSpan Duration, string? Service, string? Pod, string? PodAddress, long ResponseBytes, string? Error);

/// <summary>One handshake, at its answer. <see cref="Refusal"/> is <see cref="HandshakeRefusal.None"/> when the socket opened.</summary>
public sealed record HandshakeFacts(RequestFacts Request, int Status, TimeSpan Duration, HandshakeRefusal Refusal, string? Service, string? Pod, string? PodAddress, int Tries, string? Detail);

/// <summary>Why a handshake did not open a socket. A closed list: metric label and log word.</summary>
public enum HandshakeRefusal
{
    None,
    BadRequest,
    NoRoute,
    Closed,
    AddressDenied,
    WebSocketOff,
    RedirectedToTls,
    NoEndpoint,
    ConnectFailed,
    Timeout,
    PodRefused,
    PodProtocolError,
    ClientGone,
    Draining,
    NoRoom,
    NamespaceFull,
    IngressFull,
    ClientFull,
    KeyFull,
    PodsFull,
    HandshakeRate,
    InternalError,
}

/// <summary>Where the data plane tells what happened. Called on the request's thread: implementations must be quick and never throw.</summary>
public interface IProxyTelemetry
{
    void HttpCompleted(HttpFacts facts);

    void HandshakeCompleted(HandshakeFacts facts);

    /// <param name="facts">The socket, which is relayed from now on.</param>
    /// <param name="request">Its handshake; not to be kept, for sockets live long.</param>
    void SocketOpened(SocketFacts facts, RequestFacts request);

    void SocketClosed(SocketFacts facts, RelayReport report);

    /// <summary>A side has answered a Ping of the ingress's own. Of interest to few.</summary>
    void PingAnswered(SocketFacts facts, RelaySide side, TimeSpan took)
    {
    }
}

/// <summary>Tells several listeners, in order.</summary>
public sealed class CompositeTelemetry(params IProxyTelemetry[] listeners) : IProxyTelemetry
{
    public void HttpCompleted(HttpFacts facts)
    {
        foreach (var listener in listeners)
        {
            listener.HttpCompleted(facts);
        }
    }

    public void HandshakeCompleted(HandshakeFacts facts)
    {
        foreach (var listener in listeners)
        {
            listener.HandshakeCompleted(facts);
        }
    }

    public void SocketOpened(SocketFacts facts, RequestFacts request)
    {
        foreach (var listener in listeners)
        {
            listener.SocketOpened(facts, request);
        }
    }

    public void SocketClosed(SocketFacts facts, RelayReport report)
    {
        foreach (var listener in listeners)
        {
            listener.SocketClosed(facts, report);
        }
    }

    public void PingAnswered(SocketFacts facts, RelaySide side, TimeSpan took)
    {
        foreach (var listener in listeners)
        {
            listener.PingAnswered(facts, side, took);
        }
    }
}
