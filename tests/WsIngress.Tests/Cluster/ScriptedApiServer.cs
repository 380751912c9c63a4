using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace WsIngress.Tests.Cluster;

/// <summary>A server that answers what the test says, for what no API server does on demand.</summary>
internal sealed class ScriptedApiServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private WebApplication? _app;

    public Uri Address { get; private set; } = null!;

    public static async Task<ScriptedApiServer> StartAsync(Func<HttpContext, CancellationToken, Task> answer, X509Certificate2? certificate = null)
    {
        var server = new ScriptedApiServer();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        server._app = builder.Build();
        server._app.Run(async http =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, server._stop.Token);
            try
            {
                await answer(http, either.Token);
            }
            catch (OperationCanceledException)
            {
                http.Abort();
            }
        });
        await server._app.StartAsync();
        server.Address = new Uri(server._app.Urls.First());
        return server;
    }

    public static Task ListAsync(HttpContext http, string version, params string[] items) =>
        http.Response.WriteAsync($$"""{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"{{version}}"},"items":[{{string.Join(',', items)}}]}""");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_app is not null)
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await _app.StopAsync(now.Token);
            await _app.DisposeAsync();
        }

        _stop.Dispose();
    }
}
