using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Balancing;
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
    LiveTableHolder tables, ForwardedHeaders forwarding, PlainForwarder forwarder, IProxyTelemetry telemetry, ActiveRequests active, RequestIds ids, DateLine date, Random random, TimeProvider time, ILogger logger)
{
    /// <summary>Null when the request is the server's. Nothing was counted or told then.</summary>
    public PlainRequest? TryRead(RequestHead head, IPAddress peer, bool isTls)
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
            || route.PickBackend(random) is not { Policy.Protocol: BackendProtocol.Http } backend
            || backend.Backend.Current.Eligible.Length == 0)
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

    /// <summary>Serves it; true when the connection may go on. Continues on the loop's thread.</summary>
    public async ValueTask<bool> ServeAsync(PlainClient client, PlainRequest request)
    {
        var started = time.GetTimestamp();
        var answer = new PlainAnswer(client, request, date);
        active.Enter();
        client.BeginServing();
        try
        {
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

        return answer.IsWhole && !client.IsGone;
    }
}
