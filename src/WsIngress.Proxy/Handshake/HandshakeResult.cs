using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;

namespace WsIngress.Proxy.Handshake;

/// <summary>What a handshake came to: an open pod, or an answer for the client. Facts for log and metrics come with both.</summary>
public abstract class HandshakeResult
{
    public required RequestFacts Request { get; init; }

    public required string? Service { get; init; }

    public EndpointEntry? Endpoint { get; init; }

    /// <summary>Pods tried.</summary>
    public int Tries { get; init; }

    /// <summary>Header lines for the client, without those of one hop.</summary>
    public required HeaderList Headers { get; init; }

    internal HandshakeFacts ToFacts(int status, HandshakeRefusal refusal, string? detail, TimeSpan duration) =>
        new(Request, status, duration, refusal, Service, Endpoint?.Endpoint.PodName, Endpoint?.Authority, Tries, detail);
}

/// <summary>The pod switched protocols. Who holds this owns <see cref="Connection"/> and the endpoint's slot, and gives both back.</summary>
public sealed class HandshakeAccepted : HandshakeResult
{
    internal HandshakeAccepted(PodConnection connection)
    {
        Connection = connection;
    }

    internal PodConnection Connection { get; }

    public required RouteState Route { get; init; }

    public string? Subprotocol => Headers.Get("Sec-WebSocket-Protocol");

    /// <summary>See <see cref="SocketFacts.CountKey"/>.</summary>
    internal UInt128 CountKey { get; init; }

    internal SocketFacts ToSocketFacts() => CountKey == 0
        ? new SocketFacts(Request, Route, Connection.Endpoint, Service ?? "", Subprotocol)
        : new KeyedSocketFacts(Request, Route, Connection.Endpoint, Service ?? "", Subprotocol, CountKey);
}

/// <summary>No socket: our own refusal with a short text, or the pod's own answer with its body still to be read.</summary>
public sealed class HandshakeRefused : HandshakeResult
{
    public required int Status { get; init; }

    public required HandshakeRefusal Refusal { get; init; }

    /// <summary>Our text; empty when the pod answered.</summary>
    public string Text { get; init; } = "";

    /// <summary>For the log: which pod failed how.</summary>
    public string? Detail { get; init; }

    /// <summary>The pod's answer to copy; null when the answer is ours.</summary>
    internal PodAnswer? Answer { get; init; }
}

/// <summary>A pod's refusal under way: its body and the connection it comes on.</summary>
internal sealed record PodAnswer(PodBody Body, PodConnection Connection);
