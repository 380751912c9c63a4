using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Listening;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using WsIngress.Transport.Heads;

namespace WsIngress.Proxy.Plain;

/// <summary>
/// Plain requests on the loop: the same match, guards and choice of pod as <see cref="HttpEndpoint"/>. What is refused, rewritten to TLS, without a pod, or for
/// a pod of TLS or HTTP/2 is left to that one.
/// </summary>
internal sealed class PlainEndpoint(
    LiveTableHolder tables, ForwardedHeaders forwarding, PlainForwarder forwarder, IProxyTelemetry telemetry, ActiveRequests active, SocketRelays relays, RequestIds ids, DateLine date, Random random, TimeProvider time, ILogger logger)
{
    /// <summary>Null when the request is the server's. Nothing was counted or told then.</summary>
    public PlainRequest? TryRead(RequestHead head, IPAddress peer, bool isTls)
    {
        try
        {
            return Read(head, peer, isTls);
        }
        catch (Exception error)
        {
            ProxyLog.HeadFailed(logger, error);
            return null;
        }
    }

    private PlainRequest? Read(RequestHead head, IPAddress peer, bool isTls)
    {
        if (RequestTarget.TryParse(head.Target, out var target) != PathRefusal.None)
        {
            return null;
        }

        var headers = TransportHandshake.HeadersOf(head);
        var match = tables.Current.Matcher.Match(HostText.WithoutPort(head.Host), target.NormalPath, new HeadView(head.Method, headers, target));
        if (match.State is not RouteState route)
        {
            return null;
        }

        var forwarded = forwarding.Compute(peer, isTls, head.Host, headers.Joined);
        if (RouteGuards.Check(route.Policy, forwarded) != RouteVerdict.Pass
            || !IsPlain(route)
            || route.PickBackend(random) is not { } backend)
        {
            return null;
        }

        return new PlainRequest
        {
            Method = head.Method,
            Headers = headers,
            Exchange = new HttpExchange
            {
                Target = target,
                Authority = head.Host,
                Route = route,
                Backend = backend,
                Forwarded = forwarded,
                Facts = new RequestFacts
                {
                    Id = ids.Next(),
                    RequestId = forwarded.RequestId,
                    Method = head.Method,
                    Host = head.Host,
                    Path = target.NormalPath,
                    Protocol = "HTTP/1.1",
                    Scheme = isTls ? "https" : "http",
                    Client = forwarded.ClientAddress,
                    UserAgent = headers.Get("User-Agent"),
                    Route = route,
                },
            },
        };
    }

    /// <summary>Whatever the weights choose; a choice that was made is not made again.</summary>
    private static bool IsPlain(RouteState route)
    {
        foreach (var backend in route.Backends)
        {
            if (backend.Policy.Protocol != BackendProtocol.Http)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Serves it. Continues on the loop's thread.</summary>
    public async ValueTask<AfterAnswer> ServeAsync(PlainClient client, PlainRequest request)
    {
        var started = time.GetTimestamp();
        var isLast = relays.IsDraining;
        var answer = new PlainAnswer(client, request, isLast, date);
        active.Enter();
        try
        {
            client.BeginServing();
            await forwarder.ForwardAsync(client, request, answer);
        }
        catch (Exception error)
        {
            ProxyLog.RequestFailed(logger, error, request.Exchange.Facts.Id);
            await client.Loop.SwitchTo();
            await answer.RefuseAsync(500, "defect in the proxy, see its log");
        }
        finally
        {
            await client.Loop.SwitchTo();
            client.EndServing();
            active.Leave();
            telemetry.HttpCompleted(request.Exchange.ToFacts(answer.Status, time.GetElapsedTime(started), answer.Length));
        }

        return !answer.IsWhole || client.IsGone ? AfterAnswer.Cut : isLast ? AfterAnswer.End : AfterAnswer.Next;
    }
}

/// <summary>What becomes of a connection behind an answer.</summary>
internal enum AfterAnswer
{
    /// <summary>It takes the next request.</summary>
    Next,

    /// <summary>It ends in order: the client was told.</summary>
    End,

    /// <summary>It ends at once: the client is gone, or has half of an answer.</summary>
    Cut,
}
