using System.Globalization;
using WsIngress.Proxy.Admission;
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
    public required RetryDelay Retry { get; init; }
    public RouteBackend? Backend { get; set; }
    public EndpointEntry? Endpoint { get; set; }
    public int Tries { get; set; }

    /// <summary>For turns, all of them together.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>See <see cref="SocketFacts.CountKey"/>.</summary>
    public UInt128 CountKey { get; set; }

    /// <summary>The last thing that went wrong with a pod, for the log.</summary>
    public string? Detail { get; set; }

    private string? Service => Backend?.Backend.Service ?? Route?.Service;

    /// <param name="status">503 comes with the time after which the client may try again.</param>
    /// <param name="refusal">The reason.</param>
    /// <param name="text">The reason in words.</param>
    /// <param name="location">Where to go instead.</param>
    /// <param name="clears">How long those take who are before this client; null where nobody knows.</param>
    public HandshakeRefused Refuse(int status, HandshakeRefusal refusal, string text, string? location = null, TimeSpan? clears = null)
    {
        var headers = new HeaderList(4);
        if (status == 503)
        {
            headers.Add("Retry-After", (clears is { } known ? Retry.Draw(known) : Retry.Draw()).ToString(CultureInfo.InvariantCulture));
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
        CountKey = CountKey,
        Tries = Tries,
        Headers = headers,
    };
}
