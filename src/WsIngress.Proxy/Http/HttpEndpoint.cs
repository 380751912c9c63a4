using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using WsIngress.Proxy.Admission;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;
using WsIngress.Transport.Kestrel;
using Yarp.ReverseProxy.Forwarder;

namespace WsIngress.Proxy.Http;

/// <summary>Plain HTTP, SSE and gRPC: match, guards, choice of pod, then YARP forwards. A pod that takes no connection costs a try, not the request.</summary>
internal sealed class HttpEndpoint(LiveTableHolder tables, ForwardedHeaders forwarding, IHttpForwarder forwarder, PodClients clients, IProxyTelemetry telemetry, RetryDelay retry, Random random, TimeProvider time)
{
    public async Task HandleAsync(HttpContext http, string id)
    {
        var started = time.GetTimestamp();
        var exchange = Begin(http, id, out var refusal);
        try
        {
            if (HttpMethods.IsConnect(http.Request.Method))
            {
                await LocalAnswer.WriteAsync(http, 501, "CONNECT opens WebSockets only (RFC 8441)");
            }
            else if (refusal != PathRefusal.None)
            {
                await LocalAnswer.WriteAsync(http, 400, $"request path refused: {refusal}");
            }
            else if (exchange.IsUndecided)
            {
                exchange.Error = "NoRoute: the regex paths of this host take too long";
                await LocalAnswer.WriteAsync(http, 503, "the regex paths of this host take too long", retry.Draw());
            }
            else if (exchange.Route is null)
            {
                await LocalAnswer.WriteAsync(http, 404, "no route for this host and path");
            }
            else if (await PassesAsync(http, exchange, exchange.Route))
            {
                await ForwardAsync(http, exchange, exchange.Route);
            }
        }
        finally
        {
            var status = http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted ? 499 : http.Response.StatusCode;
            telemetry.HttpCompleted(exchange.ToFacts(status, time.GetElapsedTime(started), http.Response.ContentLength ?? -1));
        }
    }

    private HttpExchange Begin(HttpContext http, string id, out PathRefusal refusal)
    {
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        refusal = RequestTarget.TryParse(raw, out var target);
        var authority = http.Request.Headers.Host.ToString();
        var table = tables.Current;
        var match = refusal == PathRefusal.None
            ? table.Matcher.Match(HostText.WithoutPort(authority), target.NormalPath, new HttpView(http.Request, target))
            : RouteMatch.None;
        var route = (RouteState?)match.State;
        var forwarded = forwarding.Compute(
            http.Connection.RemoteIpAddress ?? IPAddress.None,
            http.Request.IsHttps,
            authority,
            name => http.Request.Headers.TryGetValue(name, out var value) && value.Count > 0 ? value.ToString() : null);

        // The forwarder would tunnel an upgrade of its own liking, past guards, registry and drain (RFC 9110 §7.8 lets a server ignore it).
        http.Request.Headers.Remove("Upgrade");
        return new HttpExchange
        {
            Target = target,
            Authority = authority,
            Route = route,
            IsUndecided = match.IsUndecided,
            Forwarded = forwarded,
            Facts = new RequestFacts
            {
                Id = id,
                RequestId = forwarded.RequestId,
                Method = http.Request.Method,
                Host = authority,
                Path = target.NormalPath ?? "",
                Protocol = http.Request.Protocol,
                Scheme = http.Request.Scheme,
                Client = forwarded.ClientAddress,
                UserAgent = http.Request.Headers.UserAgent,
                Route = route,
            },
        };
    }

    /// <summary>False when a guard has answered.</summary>
    private async Task<bool> PassesAsync(HttpContext http, HttpExchange exchange, RouteState route)
    {
        switch (RouteGuards.Check(route.Policy, exchange.Forwarded))
        {
            case RouteVerdict.Closed:
                exchange.Error = $"Closed: {route.Policy.ClosedBecause}";
                await LocalAnswer.WriteAsync(http, 503, RouteGuards.ClosedText(route.Policy), retry.Draw());
                return false;
            case RouteVerdict.AddressDenied:
                await LocalAnswer.WriteAsync(http, 403, "this address is not allowed");
                return false;
            case RouteVerdict.RedirectToTls:
                http.Response.Headers.Location = RouteGuards.TlsLocation(exchange.Authority, exchange.Target.PathAndQuery);
                await LocalAnswer.WriteAsync(http, 308, "this route is served over TLS only");
                return false;
        }

        var limit = route.Policy.MaxBodySize;
        if (limit > 0 && http.Request.ContentLength > limit)
        {
            await LocalAnswer.WriteAsync(http, 413, $"request body is larger than {limit} bytes");
            return false;
        }

        // A length that was given is kept by the server.
        if (limit > 0 && http.Request.ContentLength is null)
        {
            http.Request.Body = new LimitedBody(http.Request.Body, limit);
        }

        return true;
    }

    private async Task ForwardAsync(HttpContext http, HttpExchange exchange, RouteState route)
    {
        if (route.PickBackend(random) is not { } backend)
        {
            await LocalAnswer.WriteAsync(http, 503, "no endpoint is ready", retry.Draw());
            return;
        }

        exchange.Backend = backend;
        var affinity = PickKey.Affinity(backend.Policy, http.Request.Headers.Cookie);
        var hashKey = PickKey.Hash(backend.Policy, exchange.Forwarded.ClientAddress, exchange.Target, name => http.Request.Headers[name] is { Count: > 0 } lines ? lines[0] : null);
        var transformer = new PodTransformer(PathRewrite.Apply(route, exchange.Target.PathAndQuery, exchange.Target.NormalPath), exchange.Authority, exchange.Forwarded);
        var config = route.ForwarderConfig(backend.Policy.Protocol);
        var client = clients.Get(backend.Policy, route.Policy.ConnectTimeout, http.Features.Get<IDetachFeature>()?.Loop);
        List<EndpointEntry>? tried = null;
        while (Balancer.Pick(backend.Backend, backend.Policy, affinity, hashKey, tried, random, time: time) is { } endpoint)
        {
            exchange.Endpoint = endpoint;
            transformer.AffinityCookie = AffinityCookies.Write(backend.Policy, endpoint, affinity, exchange.Forwarded.Proto == "https");
            var prefix = (backend.Policy.Protocol == BackendProtocol.Https ? "https://" : "http://") + endpoint.Endpoint.Authority;
            endpoint.State.RequestTaken();
            ForwarderError error;
            try
            {
                error = await forwarder.SendAsync(http, prefix, client, config, transformer, CancellationToken.None);
            }
            finally
            {
                endpoint.State.RequestReturned();
            }

            if (error == ForwarderError.None)
            {
                return;
            }

            var cause = http.Features.Get<IForwarderErrorFeature>()?.Exception;
            exchange.Error = $"{error}: {cause?.Message}";
            if (!IsConnectFailure(cause) || http.Response.HasStarted || http.RequestAborted.IsCancellationRequested)
            {
                await LocalAnswer.CompleteAsync(http, http.Response.StatusCode switch
                {
                    413 => $"request body is larger than {route.Policy.MaxBodySize} bytes",
                    408 => "the request's body came too slowly",
                    _ => "the pod did not answer the request",
                });
                return;
            }

            (tried ??= []).Add(endpoint);
            http.Response.Clear();
        }

        if (tried is null)
        {
            await LocalAnswer.WriteAsync(http, 503, "no endpoint is ready", retry.Draw());
        }
        else
        {
            await LocalAnswer.WriteAsync(http, 502, "no pod accepted the connection");
        }
    }

    /// <summary>True when the pod cannot have seen any of the request.</summary>
    private static bool IsConnectFailure(Exception? error) => error switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };
}
