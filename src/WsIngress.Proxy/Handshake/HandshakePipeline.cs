using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Admission;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Listening;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using WsIngress.Transport.Loops;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// The one way from a <see cref="HandshakeRequest"/> to a <see cref="HandshakeResult"/>: match, guards, choice of pod, dial, the
/// pod's answer. Nothing reaches the client before a pod has answered, so a pod that refuses the connection costs only time.
/// </summary>
internal sealed class HandshakePipeline(LiveTableHolder tables, ForwardedHeaders forwarding, SocketRelays relays, PodDialer dialer, ProcessRoom room, SocketCounts counts, HandshakeAdmission admission, RetryDelay retry, Random random, ILogger logger)
{
    /// <param name="request">What the client asks for.</param>
    /// <param name="id">Of the request, for logs.</param>
    /// <param name="loop">The loop that the client lives on and its pod shall live on; null where there is none.</param>
    /// <param name="limit">Hears when the client goes away; its times begin here.</param>
    public Task<HandshakeResult> RunAsync(HandshakeRequest request, string id, EventLoop? loop, HandshakeLimit limit)
    {
        var refusal = RequestTarget.TryParse(request.RawTarget, out var target);
        var table = tables.Current;
        var match = refusal == PathRefusal.None
            ? table.Matcher.Match(HostText.WithoutPort(request.Authority), target.NormalPath, new HeadView("GET", request.Headers, target))
            : RouteMatch.None;
        var route = (RouteState?)match.State;
        var forwarded = forwarding.Compute(request.Peer, request.IsTls, request.Authority, request.Headers.Joined);
        var call = new HandshakeCall
        {
            Client = request,
            Loop = loop,
            Target = target,
            Route = route,
            Forwarded = forwarded,
            Facts = Facts(request, target, route, forwarded, id),
            Retry = retry,
        };
        return Refuse(call, refusal, match) is { } refused ? Task.FromResult<HandshakeResult>(refused) : ConnectAsync(call, route!, limit);
    }

    private HandshakeRefused? Refuse(HandshakeCall call, PathRefusal refusal, RouteMatch match)
    {
        if (relays.IsDraining)
        {
            return call.Refuse(503, HandshakeRefusal.Draining, "this replica is shutting down");
        }

        if (room.Shortage() is { } shortage)
        {
            call.Detail = shortage;
            return call.Refuse(503, HandshakeRefusal.NoRoom, "this replica has no room for another socket");
        }

        if (refusal != PathRefusal.None)
        {
            return call.Refuse(400, HandshakeRefusal.BadRequest, $"request path refused: {refusal}");
        }

        if (match.IsUndecided)
        {
            return call.Refuse(503, HandshakeRefusal.InternalError, "the regex paths of this host take too long");
        }

        return call.Route is null ? call.Refuse(404, HandshakeRefusal.NoRoute, "no route for this host and path") : null;
    }

    private static RequestFacts Facts(HandshakeRequest request, RequestTarget target, RouteState? route, ForwardedValues forwarded, string id) => new()
    {
        Id = id,
        RequestId = forwarded.RequestId,
        Method = "GET",
        Host = request.Authority,
        Path = target.NormalPath ?? "",
        Protocol = request.IsExtendedConnect ? "HTTP/2" : "HTTP/1.1",
        Scheme = request.IsTls ? "wss" : "ws",
        Client = forwarded.ClientAddress,
        UserAgent = request.Headers.Get("User-Agent"),
        Route = route,
    };

    private async Task<HandshakeResult> ConnectAsync(HandshakeCall call, RouteState route, HandshakeLimit limit)
    {
        try
        {
            return HandshakeGuards.Check(call, route) ?? ChooseBackend(call, route) ?? Count(call, route) ?? await TryCountedAsync(call, route, limit);
        }
        catch (OperationCanceledException) when (limit.End == HandshakeEnd.ClientGone)
        {
            return call.Refuse(499, HandshakeRefusal.ClientGone, "the client went away during the handshake");
        }
        catch (OperationCanceledException) when (limit.End == HandshakeEnd.Timeout)
        {
            return call.Refuse(504, HandshakeRefusal.Timeout, $"no answer from a pod within {route.Policy.WebSocket.HandshakeTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception error)
        {
            ProxyLog.RequestFailed(logger, error, call.Facts.Id);
            call.Detail = error.Message;
            return call.Refuse(500, HandshakeRefusal.InternalError, "defect in the proxy, see its log");
        }
    }

    private HandshakeRefused? ChooseBackend(HandshakeCall call, RouteState route)
    {
        if (route.PickBackend(random) is not { } backend)
        {
            return call.Refuse(503, HandshakeRefusal.NoEndpoint, "no endpoint is ready");
        }

        if (backend.Policy.Protocol is BackendProtocol.H2c or BackendProtocol.Grpc)
        {
            return call.Refuse(502, HandshakeRefusal.PodProtocolError, "the backend speaks HTTP/2 only, WebSockets need HTTP/1.1");
        }

        call.Backend = backend;
        return null;
    }

    private HandshakeRefused? Count(HandshakeCall call, RouteState route)
    {
        var policy = route.Policy.WebSocket;
        if (policy.MaxConnectionsPerKey > 0)
        {
            call.CountKey = SocketCounts.KeyOf(PickKey.Text(policy.ConnectionKey, call.Target, call.Client.Headers.Get));
        }

        return counts.TryTake(route, call.Forwarded.ClientAddress, call.CountKey) switch
        {
            HandshakeRefusal.None => null,
            HandshakeRefusal.NamespaceFull => call.Refuse(503, HandshakeRefusal.NamespaceFull, "as many WebSockets are open in this namespace as there may be"),
            HandshakeRefusal.KeyFull => call.Refuse(503, HandshakeRefusal.KeyFull, "as many WebSockets are open under this key as there may be"),
            HandshakeRefusal.ClientFull => call.Refuse(503, HandshakeRefusal.ClientFull, "this client has as many WebSockets open as it may have"),
            var full => call.Refuse(503, full, "as many WebSockets are open here as there may be"),
        };
    }

    /// <summary>What was counted is given back when the handshake fails in any way; else it goes with the pod's connection.</summary>
    private async Task<HandshakeResult> TryCountedAsync(HandshakeCall call, RouteState route, HandshakeLimit limit)
    {
        if (!counts.Counts(route))
        {
            return await TryPodsAsync(call, route, call.Backend!, limit);
        }

        HandshakeResult? result = null;
        try
        {
            result = await TryPodsAsync(call, route, call.Backend!, limit);
        }
        finally
        {
            void Return() => counts.Return(route, call.Forwarded.ClientAddress, call.CountKey);
            if (result is HandshakeAccepted accepted)
            {
                accepted.Connection.Returned = Return;
            }
            else
            {
                Return();
            }
        }

        return result;
    }

    private Task<HandshakeResult> TryPodsAsync(HandshakeCall call, RouteState route, RouteBackend backend, HandshakeLimit limit)
    {
        limit.Begin(route.Policy.WebSocket.HandshakeTimeout);
        return route.Policy.WebSocket.Pace.IsOn ? EnterAsync(call, route, backend, limit) : AskPodsAsync(call, route, backend, limit);
    }

    /// <summary>First the Ingress's turn, then a pod's.</summary>
    private async Task<HandshakeResult> EnterAsync(HandshakeCall call, RouteState route, RouteBackend backend, HandshakeLimit limit)
    {
        if (await admission.EnterAsync(call, route, limit, out var entered) is { } refused)
        {
            return refused;
        }

        try
        {
            return await AskPodsAsync(call, route, backend, limit);
        }
        finally
        {
            if (call.Tries == 0)
            {
                // No pod has felt it.
                entered.GiveBack();
            }
        }
    }

    private async Task<HandshakeResult> AskPodsAsync(HandshakeCall call, RouteState route, RouteBackend backend, HandshakeLimit limit)
    {
        var affinity = PickKey.Affinity(backend.Policy, call.Client.Headers.Get("Cookie"));
        var turn = admission.PodsFor(call, backend, affinity);
        while (true)
        {
            var (outcome, refused) = await admission.NextPodAsync(call, backend, turn, limit);
            if (outcome != TurnOutcome.Taken)
            {
                return refused ?? NoPod(call, backend, turn);
            }

            var endpoint = turn.Pod;
            call.Endpoint = endpoint;
            call.Tries++;
            PodConnection? pod = null;
            var handedOver = false;
            try
            {
                pod = await dialer.DialAsync(endpoint, backend.Policy, HostText.WithoutPort(call.Client.Authority).ToString(), route.Policy.ConnectTimeout, call.Loop, limit);
                var result = await AskAsync(call, route, backend, pod, affinity, limit.Token);
                handedOver = result is HandshakeAccepted or HandshakeRefused { Answer: not null };
                return result;
            }
            catch (DialException error)
            {
                // Nothing was sent to this pod or to the client: the next pod may be asked.
                turn.Exclude(endpoint);
                call.Detail = $"{endpoint.Authority}: {error.Message}";
            }
            finally
            {
                if (pod is null)
                {
                    endpoint.State.SocketReturned();
                }
                else if (!handedOver)
                {
                    await pod.DisposeAsync();
                }
            }
        }
    }

    private static HandshakeRefused NoPod(HandshakeCall call, RouteBackend backend, PodTurn turn) =>
        turn.HasTried
            ? call.Refuse(502, HandshakeRefusal.ConnectFailed, "no pod accepted the connection")
            : backend.Backend.Current.Eligible.Length > 0
                ? call.Refuse(503, HandshakeRefusal.PodsFull, "every pod has as many WebSockets open as it may have")
                : call.Refuse(503, HandshakeRefusal.NoEndpoint, "no endpoint is ready");

    private static async Task<HandshakeResult> AskAsync(HandshakeCall call, RouteState route, RouteBackend backend, PodConnection pod, string? affinity, CancellationToken cancellation)
    {
        var key = call.Client.IsExtendedConnect ? PodHandshake.NewKey() : call.Client.Headers.Get("Sec-WebSocket-Key")!;
        try
        {
            var target = PathRewrite.Apply(route, call.Target.PathAndQuery, call.Target.NormalPath);
            var (head, body) = await PodHandshake.ExchangeAsync(pod, target, PodRequestHeaders.Create(call.Client, call.Forwarded, key), cancellation);
            var headers = PodAnswerHeaders.Create(head, body.Framing, call.Client.IsExtendedConnect);
            AffinityCookies.AddTo(headers, backend.Policy, pod.Endpoint, affinity, call.Forwarded.Proto == "https");
            if (call.Client.IsExtendedConnect && head.Status is >= 200 and < 300)
            {
                // To a CONNECT every 2xx means that the tunnel is open (RFC 9110 §9.3.6), and its body would be read as frames.
                return call.Refuse(502, HandshakeRefusal.PodProtocolError, $"the pod answered {head.Status} and did not switch protocols");
            }

            if (head.Status != 101)
            {
                return call.PodRefused(head.Status, headers, new PodAnswer(body, pod));
            }

            if (!head.Headers.HasToken("Upgrade", "websocket") || head.Headers.Get("Sec-WebSocket-Accept") != PodHandshake.Accept(key))
            {
                return call.Refuse(502, HandshakeRefusal.PodProtocolError, "the pod switched protocols with a wrong Upgrade or Sec-WebSocket-Accept header");
            }

            return call.Accept(pod, headers);
        }
        catch (IOException error)
        {
            call.Detail = $"{pod.Endpoint.Authority}: {error.Message}";
            return call.Refuse(502, HandshakeRefusal.PodProtocolError, "the pod did not answer the handshake");
        }
    }
}
