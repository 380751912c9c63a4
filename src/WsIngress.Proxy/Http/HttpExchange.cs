using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;

namespace WsIngress.Proxy.Http;

/// <summary>One plain HTTP request under way.</summary>
internal sealed class HttpExchange
{
    public required RequestTarget Target { get; init; }
    public required string Authority { get; init; }
    public required RouteState? Route { get; init; }

    /// <summary>Nobody knows which route it is.</summary>
    public bool IsUndecided { get; init; }

    public required ForwardedValues Forwarded { get; init; }
    public required RequestFacts Facts { get; init; }
    public RouteBackend? Backend { get; set; }
    public EndpointEntry? Endpoint { get; set; }
    public string? Error { get; set; }

    /// <summary>What its log line tells.</summary>
    /// <param name="status">Of the answer, or 499.</param>
    /// <param name="took">From its head to the end of its answer.</param>
    /// <param name="length">Of the answer's body; -1 when it had none in its head.</param>
    public HttpFacts ToFacts(int status, TimeSpan took, long length) => new(
        Facts,
        status,
        took,
        Backend?.Backend.Service ?? Route?.Service,
        Endpoint?.Endpoint.PodName,
        Endpoint?.Endpoint.Authority,
        length,
        Error);
}
