using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Transport.Loops;

namespace WsIngress.Proxy.Handshake;

/// <summary>One handshake under way: what is known so far, and how it ends.</summary>
internal sealed class HandshakeCall
{
    public required HandshakeRequest Client { get; init; }
    public EventLoop? Loop { get; init; }
    public required RequestTarget Target { get; init; }
    public required RouteState? Route { get; init; }
    public required ForwardedValues Forwarded { get; init; }
    public required RequestFacts Facts { get; init; }
    public RouteBackend? Backend { get; set; }
    public EndpointEntry? Endpoint { get; set; }
    public int Tries { get; set; }

    /// <summary>The last thing that went wrong with a pod, for the log.</summary>
    public string? Detail { get; set; }

    private string? Service => Backend?.Backend.Service ?? Route?.Service;

    public HandshakeRefused Refuse(int status, HandshakeRefusal refusal, string text, string? location = null)
    {
        var headers = new HeaderList(4);
        if (status == 503)
        {
            headers.Add("Retry-After", LocalAnswer.RetryAfter);
        }

        if (location is not null)
        {
            headers.Add("Location", location);
        }

        return new()
        {
            Status = status,
            Refusal = refusal,
            Text = text,
            Detail = Detail ?? text,
            Request = Facts,
            Service = Service,
            Endpoint = Endpoint,
            Tries = Tries,
            Headers = headers,
        };
    }

    public HandshakeRefused PodRefused(int status, HeaderList headers, PodAnswer answer) => new()
    {
        Status = status,
        Refusal = HandshakeRefusal.PodRefused,
        Request = Facts,
        Service = Service,
        Endpoint = Endpoint,
        Tries = Tries,
        Headers = headers,
        Answer = answer,
    };

    public HandshakeAccepted Accept(PodConnection pod, HeaderList headers) => new(pod)
    {
        Route = Route!,
        Request = Facts,
        Service = Service,
        Endpoint = pod.Endpoint,
        Tries = Tries,
        Headers = headers,
    };
}
