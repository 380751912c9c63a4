using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace WsIngress.ApiServer;

/// <summary>An API server in the process of a test: the wire of a real one over an in-memory store. See README.md.</summary>
public sealed partial class FakeApiServer : IAsyncDisposable
{
    private readonly FakeApiServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ObjectStore _store;
    private readonly ObjectWriter _writer;
    private readonly RequestJournal _journal = new();
    private readonly ApiEndpoint _endpoint;
    private CancellationTokenSource _serving = new();
    private volatile X509Certificate2? _certificate;
    private readonly List<ServerAuthority> _retired = [];
    private WebApplication? _app;
    private readonly HeldPort _port = HeldPort.Take();

    private FakeApiServer(FakeApiServerOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _store = new ObjectStore(options.FirstRevision, options.EventsKept);
        _writer = new ObjectWriter(_store, time);
        Faults = new Faults(_store, time);
        Access = new AccessRights();
        _certificate = options.Tls ? Authority.IssueServer() : null;
        var lists = new ListReader(_store, options, time);
        _endpoint = new ApiEndpoint(_store, _writer, lists, new WatchWriter(_store, lists, Faults, options, time), Access, Faults, _journal, options, () => Authority, time);
        foreach (var ns in options.Namespaces)
        {
            MakeNamespace(ns);
        }
    }

    /// <summary>http://127.0.0.1:PORT/, or https, or [::1]; the same after a restart.</summary>
    public Uri Address => new($"{(_options.Tls ? "https" : "http")}://{(_options.IPv6 ? "[::1]" : "127.0.0.1")}:{_port.Number}/");

    /// <summary>Signs the server's certificate and those of clients; matters with <see cref="FakeApiServerOptions.Tls"/> only.</summary>
    public ServerAuthority Authority { get; private set; } = new();

    /// <summary>What goes wrong, switched at run time.</summary>
    public Faults Faults { get; }

    /// <summary>Tokens and rights, changed at run time.</summary>
    public AccessRights Access { get; }

    /// <summary>Starts on 127.0.0.1 and a port that stays its own while it is down.</summary>
    /// <param name="options">Defaults when null.</param>
    /// <param name="time">Clock of timeouts, bookmarks and timestamps; the system's when null.</param>
    public static async Task<FakeApiServer> StartAsync(FakeApiServerOptions? options = null, TimeProvider? time = null)
    {
        var server = new FakeApiServer(options ?? new FakeApiServerOptions(), time ?? TimeProvider.System);
        await server.ListenAsync();
        return server;
    }

    /// <summary>Stops listening, cuts every connection, and listens again on the same port. Older watches expire with 410.</summary>
    /// <param name="lowerRevision">Goes back to <paramref name="backup"/> (the last one when null), as after the restore of etcd.</param>
    /// <param name="down">How long connections are refused.</param>
    /// <param name="backup">A state of <see cref="Backup"/>.</param>
    public async Task RestartAsync(bool lowerRevision = false, TimeSpan down = default, Backup? backup = null)
    {
        await GoDownAsync();
        await Task.Delay(down, TimeProvider.System, CancellationToken.None);
        await ComeUpAsync(lowerRevision, backup);
    }

    /// <summary>The first half of a restart: every connection is cut and new ones are refused.</summary>
    public Task GoDownAsync() => StopAsync();

    /// <summary>The second half of a restart, on the same port.</summary>
    /// <exception cref="InvalidOperationException">A lower revision is asked for and there is no backup.</exception>
    public async Task ComeUpAsync(bool lowerRevision = false, Backup? backup = null)
    {
        if (lowerRevision)
        {
            _store.Restore(backup ?? _lastBackup ?? throw new InvalidOperationException("Take a Backup before a restart with a lower revision."));
        }
        else
        {
            _store.Skip();
            _store.Forget(null);
        }

        await ListenAsync();
    }

    /// <summary>Another authority from now on: it signs a new certificate of the server for new connections, and client certificates of the old one are 401.</summary>
    public void RotateAuthority()
    {
        _retired.Add(Authority);
        Authority = new();
        _certificate = Authority.IssueServer();
    }

    public async ValueTask DisposeAsync()
    {
        Faults.Clear();
        await StopAsync();
        _port.Dispose();
        _serving.Dispose();
        _certificate?.Dispose();
        Authority.Dispose();
        _retired.ForEach(authority => authority.Dispose());
    }

    private async Task StopAsync()
    {
        // The listener closes first: whoever sees its watch cut finds nobody to connect to.
        if (_app is not null)
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
        }

        await _serving.CancelAsync();
        if (_app is not null)
        {
            await _app.DisposeAsync();
            _app = null;
        }
    }

    private async Task ListenAsync()
    {
        _serving.Dispose();
        _serving = new CancellationTokenSource();
        var stop = _serving.Token;
        _app = Build(stop);
        await _app.StartAsync(CancellationToken.None);
    }

    private WebApplication Build(CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(_options.IPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, _port.Number, listen =>
            {
                if (_certificate is not null)
                {
                    listen.UseHttps(https =>
                    {
                        https.ServerCertificateSelector = (_, _) => _certificate;

                        // Whose certificate it is, is looked at with the request: a foreign one is 401, not a broken handshake.
                        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                        https.AllowAnyClientCertificate();
                    });
                }
            });
        });
        var app = builder.Build();
        app.Run(http => ServeAsync(http, stop));
        return app;
    }

    private async Task ServeAsync(HttpContext http, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, http.RequestAborted);
        http.Response.Headers["Audit-Id"] = Guid.NewGuid().ToString();
        try
        {
            await _endpoint.AnswerAsync(http, either.Token);
        }
        catch (Exception e) when (either.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            http.Abort();
        }
    }
}
