using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WsIngress.Admin;

/// <summary>A small HTTP server beside the data plane, for metrics or for the admin API.</summary>
internal sealed class SideServer : IAsyncDisposable
{
    /// <summary>A bound on descriptors, far above what scrapes and probes need.</summary>
    private const int MostConnections = 4096;

    /// <summary>A connection without a request, or in the middle of a head, ends after this.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private SideServer(WebApplication app, IPEndPoint endPoint)
    {
        _app = app;
        EndPoint = endPoint;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint EndPoint { get; }

    public static async Task<SideServer> StartAsync(IPEndPoint endPoint, ILoggerFactory loggers, Action<IApplicationBuilder> configure, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;

            // The probes come this way too: whoever can reach the port must not keep them out with connections that say nothing.
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.KeepAliveTimeout = Silence;
            kestrel.Limits.RequestHeadersTimeout = Silence;
            kestrel.Listen(endPoint);
        });
        var app = builder.Build();
        configure(app);
        app.Run(static http =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return http.Response.WriteAsync("not found\n");
        });
        await app.StartAsync(cancellation);
        return new SideServer(app, new IPEndPoint(endPoint.Address, new Uri(app.Urls.First().Replace("[::]", "localhost", StringComparison.Ordinal)).Port));
    }

    public async ValueTask DisposeAsync()
    {
        using var cut = new CancellationTokenSource(0);
        await _app.StopAsync(cut.Token);
        await _app.DisposeAsync();
    }
}
