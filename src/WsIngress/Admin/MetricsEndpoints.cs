using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Prometheus;
using WsIngress.Proxy;
using WsIngress.Store;

namespace WsIngress.Admin;

/// <summary><c>/metrics</c>, <c>/healthz</c> (the process answers) and <c>/readyz</c> (a table is live, the listeners take connections and no drain has begun).</summary>
internal static class MetricsEndpoints
{
    public static void Map(IApplicationBuilder app, CollectorRegistry registry, SyncState sync, DataPlane plane)
    {
        app.UseMetricServer(options => options.Registry = registry, "/metrics");
        app.Map("/healthz", branch => branch.Run(static http => http.Response.WriteAsync("ok\n")));
        app.Map("/readyz", branch => branch.Run(http =>
        {
            var waiting = plane.IsLeaving ? "draining: this replica is shutting down"
                : sync.Current.WaitingFor is { } what ? $"waiting for {what}"
                : plane.IsListening ? null
                : "waiting for the listeners to open";
            http.Response.StatusCode = waiting is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return http.Response.WriteAsync((waiting ?? "ready") + "\n");
        }));
    }
}
