using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Plain;

/// <summary>A request without a body that is going to be forwarded from the loop.</summary>
internal sealed class PlainRequest
{
    public required string Method { get; init; }

    public required HeaderList Headers { get; init; }

    public required HttpExchange Exchange { get; init; }

    /// <summary>The pod's answer has no body, whatever its head says (RFC 9110 §9.3.2).</summary>
    public bool IsHead => Method == "HEAD";
}
