using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Listening;

/// <summary>
/// What Kestrel calls for every request, with nothing in between: no middleware, no framework routing. Decides between WebSocket
/// and plain HTTP, and turns any defect into one failed request.
/// </summary>
internal sealed class ProxyApplication(HttpEndpoint http, WebSocketEndpoint webSocket, ActiveRequests active, SocketRelays relays, RequestIds ids, ILogger logger) : IHttpApplication<DefaultHttpContext>
{
    public DefaultHttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps the context with the connection: one object per connection, not per request.
        if (contextFeatures is IHostContextContainer<DefaultHttpContext> container)
        {
            if (container.HostContext is { } reused)
            {
                reused.Initialize(contextFeatures);
                return reused;
            }

            return container.HostContext = new DefaultHttpContext(contextFeatures);
        }

        return new DefaultHttpContext(contextFeatures);
    }

    public async Task ProcessRequestAsync(DefaultHttpContext context)
    {
        var id = ids.Next();
        if (relays.IsDraining)
        {
            SendElsewhere(context);
        }

        try
        {
            if (WebSocketRequest.IsUpgrade(context) is { } kind)
            {
                await webSocket.HandleAsync(context, kind, id);
            }
            else
            {
                active.Enter();
                try
                {
                    await http.HandleAsync(context, id);
                }
                finally
                {
                    active.Leave();
                }
            }
        }
        catch (BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            await LocalAnswer.WriteAsync(context, error.StatusCode, error.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; its log line has been written.
        }
        catch (Exception error)
        {
            ProxyLog.RequestFailed(logger, error, id);
            await LocalAnswer.WriteAsync(context, 500, "defect in the proxy, see its log");
        }
    }

    public void DisposeContext(DefaultHttpContext context, Exception? exception) => context.Uninitialize();

    /// <summary>
    /// The next request is better asked of another replica than of a connection that is about to be cut. Over HTTP/2 that is a GOAWAY (RFC 9113
    /// §6.8), which leaves open streams, WebSockets among them, alone; over HTTP/1.1 a word of the answer.
    /// </summary>
    private static void SendElsewhere(HttpContext context)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            return;
        }

        context.Response.OnStarting(
            static http =>
            {
                ((HttpContext)http).Response.Headers.Connection = "close";
                return Task.CompletedTask;
            },
            context);
    }
}

/// <summary>Counts plain HTTP requests under way; a drain waits for them.</summary>
internal sealed class ActiveRequests
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave() => Interlocked.Decrement(ref _count);
}
