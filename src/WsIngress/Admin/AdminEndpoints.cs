using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy;
using WsIngress.Store;
using WsIngress.Telemetry;
using WsIngress.Translation;
using WsIngress.Translation.Annotations;

namespace WsIngress.Admin;

/// <summary>
/// The admin API, JSON: <c>/routes</c>, <c>/routes/effective</c>, <c>/connections</c>, <c>/problems</c>, <c>/ingresses</c>, <c>/config</c>. <see cref="AdminAccess"/> says who may use it.
/// </summary>
internal static class AdminEndpoints
{
    public static void Map(IApplicationBuilder app, AdminAccess access, DataPlane plane, ClosedSockets closed, SyncState sync, AnnotationDefaults defaults, Func<string> configuration, TimeProvider time, ILogger logger)
    {
        app.Use(access.Guard);
        app.Map("/routes/effective", branch => branch.Run(http => EffectiveAsync(http, plane, sync, defaults)));
        Get(app, "/routes", _ => AdminJson.Routes(plane.Tables.Current.Table));
        new ConnectionEndpoints(plane, closed, time, logger).Map(app);
        Get(app, "/problems", _ => AdminJson.Problems(sync.Current));
        Get(app, "/ingresses", _ => AdminJson.Ingresses(sync.Current));
        Get(app, "/config", _ => configuration());
    }

    /// <summary>The table and the objects are those of one moment or of two that follow each other; a route whose Ingress is gone by then has no settings.</summary>
    private static Task EffectiveAsync(HttpContext http, DataPlane plane, SyncState sync, AnnotationDefaults defaults)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = "GET";
            return Task.CompletedTask;
        }

        http.Response.ContentType = "application/json";
        return new EffectiveRoutes(plane.Tables.Current.Table, sync.Current.Snapshot ?? ClusterSnapshot.Empty, defaults)
            .WriteAsync(http.Response.BodyWriter, EffectiveFilter.Read(http.Request.Query), http.RequestAborted);
    }

    private static void Get(IApplicationBuilder app, string path, Func<HttpContext, string?> answer) => app.Map(path, branch => branch.Run(async http =>
    {
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = "GET";
            return;
        }

        var text = answer(http);
        if (text is null)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            await http.Response.WriteAsync("not found\n");
            return;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(text + "\n");
    }));
}
