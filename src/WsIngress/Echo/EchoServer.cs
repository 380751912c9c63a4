using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WsIngress.Cli;

namespace WsIngress.Echo;

/// <summary>
/// The echo pod: HTTP and WebSocket on each of its listeners. Started by <see cref="StartAsync"/>; disposing it sends Close 1001 to
/// every open socket and waits up to three seconds for the peers' answers.
/// </summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly EchoSockets _sockets;

    private EchoServer(WebApplication app, EchoSockets sockets, string name, IReadOnlyList<Uri> addresses)
    {
        _app = app;
        _sockets = sockets;
        Name = name;
        Addresses = addresses;
    }

    public string Name { get; }

    /// <summary>Where it listens, with the ports really bound, in the order asked for: <c>http://127.0.0.1:41234</c>.</summary>
    public IReadOnlyList<Uri> Addresses { get; }

    public int OpenSockets => _sockets.Count;

    /// <summary>Binds and serves.</summary>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<EchoServer> StartAsync(EchoOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore();
        if (options.Tls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options, time));
        var app = builder.Build();
        var sockets = new EchoSockets();
        var handler = new EchoHandler(options.Name, sockets, time);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Run(handler.HandleAsync);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new EchoServer(app, sockets, options.Name, [.. bound.Select(a => new Uri(a))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _sockets.CloseAllAsync(Goodbye);
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, EchoOptions options, TimeProvider time)
    {
        kestrel.AddServerHeader = false;
        // An upload may be as large and as slow as a test of the proxy's own limits wants it.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        var certificate = options.Tls ? SelfSignedCertificate.Create(["localhost", options.Name], time) : null;
        foreach (var listen in options.Listen)
        {
            if (listen.IsAllInterfaces)
            {
                kestrel.ListenAnyIP(listen.Port, Secure);
            }
            else
            {
                kestrel.Listen(listen.ToEndPoint(), Secure);
            }
        }

        void Secure(ListenOptions on)
        {
            if (certificate is not null)
            {
                on.UseHttps(certificate);
            }
        }
    }

    /// <summary>Signals belong to the command line; the host of one pod among several must not take them.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
