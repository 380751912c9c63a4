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
    public required ForwardedValues Forwarded { get; init; }
    public required RequestFacts Facts { get; init; }
    public RouteBackend? Backend { get; set; }
    public EndpointEntry? Endpoint { get; set; }
    public string? Error { get; set; }
}
