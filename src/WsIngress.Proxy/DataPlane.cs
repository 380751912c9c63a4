using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Admission;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Listening;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Plain;
using WsIngress.Proxy.Telemetry;
using WsIngress.Proxy.Tls;
using WsIngress.Relay;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Yarp.ReverseProxy.Forwarder;

namespace WsIngress.Proxy;

/// <summary>
/// The data plane: listeners, live table, relays. It learns of the cluster only through <see cref="Publish"/> and never calls up;
/// who wants to know reads <see cref="Sockets"/>, <see cref="Tables"/> or listens to its telemetry.
/// </summary>
public sealed class DataPlane : IAsyncDisposable
{
    private readonly ProxyOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly WebApplication _host;
    private readonly IServer _server;
    private readonly PodClients _clients;
    private readonly ActiveRequests _active = new();
    private readonly PlainRequests? _plain;
    private readonly LoopGroup? _loops;
    private readonly TlsServer? _tls;
    private readonly SocketRelays _relays;
    private readonly HandshakeAdmission _admission;
    private readonly ProxyApplication _application;
    private readonly Dictionary<string, ListenOptions> _listeners = [];
    private volatile bool _listening;
    private volatile bool _leaving;

    public DataPlane(ProxyOptions options, IProxyTelemetry telemetry, ILoggerFactory loggers, TimeProvider time, Random? random = null)
    {
        _options = options;
        _time = time;
        _clients = new PodClients(time);
        _logger = loggers.CreateLogger("WsIngress.Proxy");
        _relays = new SocketRelays(telemetry, () => Tables!.Current, options.PodDeadline, new SocketCounts(options.MaxConnectionsPerNamespace), time, _logger);
        Tables = new LiveTableHolder(new CertificateMap.Factory(DefaultCertificate.Create(time), _logger), _relays.PodChanged, time);
        _loops = options.Transport == TransportKind.Epoll ? new LoopGroup(options.Loops, time, loggers.CreateLogger("WsIngress.Transport")) : null;
        _tls = _loops is not null && options.Https is not null ? CreateTls(time) : null;
        var forwarding = new ForwardedHeaders(options.TrustedProxies);
        var choice = random ?? Random.Shared;
        Room = options.Room ?? ProcessRoom.OfThisProcess(time, _logger);
        var retry = new RetryDelay(choice, time);
        _admission = new HandshakeAdmission(choice, time);
        var pipeline = new HandshakePipeline(Tables, forwarding, _relays, new PodDialer(), Room, _relays.Counts, _admission, retry, choice, _logger);
        var ids = new RequestIds();
        TransportEntry? entry = null;
        if (_loops is not null && options.Handshake == HandshakeWay.Transport)
        {
            var (limits, date, pools) = (TransportHandshake.Limits(options), new DateLine(time), new PodPools(_loops.Loops));
            var endpoint = new PlainEndpoint(Tables, forwarding, new PlainForwarder(pools, retry, choice, time), telemetry, _active, _relays, ids, date, choice, time, _logger);
            _plain = new PlainRequests(limits, endpoint, pools, options.KeepAliveTimeout, _loops.Loops, _logger);
            entry = new TransportEntry(limits, new TransportUpgrades(pipeline, _relays, telemetry, ids, date, time, _logger), _plain);
        }

        _host = Build(loggers, entry);
        _server = _host.Services.GetRequiredService<IServer>();
        _application = new ProxyApplication(
            new HttpEndpoint(Tables, forwarding, _host.Services.GetRequiredService<IHttpForwarder>(), _clients, telemetry, retry, choice, time),
            new WebSocketEndpoint(pipeline, _relays, telemetry, time),
            _active,
            _relays,
            ids,
            _logger);
    }

    public LiveTableHolder Tables { get; }

    /// <summary>Every open WebSocket.</summary>
    public RelayRegistry Sockets => _relays.Registry;

    internal IReadOnlyList<EventLoop> Loops => _loops?.Loops ?? [];

    /// <summary>Descriptors that each event loop watches; empty without event loops.</summary>
    public IReadOnlyList<int> LoopSockets => [.. Loops.Select(l => l.SocketCount)];

    /// <summary>Turns of event loops that took longer than a second.</summary>
    public long LoopsStuck => _loops?.Stuck ?? 0;

    /// <summary>What decides whether one more socket is taken.</summary>
    public ProcessRoom Room { get; }

    /// <summary>Handshakes that wait for their turn, by Ingress and Service.</summary>
    public IEnumerable<(Routing.RouteOwner Owner, string Service, int Count)> WaitingHandshakes => _admission.Waiting();

    /// <summary>Plain HTTP requests under way.</summary>
    public int ActiveRequests => _active.Count;

    /// <summary>True from the moment a drain begins: no new socket is taken.</summary>
    public bool IsDraining => _relays.IsDraining;

    /// <inheritdoc cref="SocketRelays.DrainWindowEnd"/>
    public DateTimeOffset? DrainWindowEnd => IsDraining ? _relays.DrainWindowEnd : null;

    /// <summary>True once every listener takes connections.</summary>
    public bool IsListening => _listening;

    /// <summary>True from the moment a shutdown begins: readiness is false, and new connections are taken until the drain begins.</summary>
    public bool IsLeaving => _leaving || IsDraining;

    /// <summary>Bound end points by name (<c>http</c>, <c>https</c>, <c>h2c</c>), with the real port where 0 was asked for.</summary>
    public IReadOnlyDictionary<string, IPEndPoint> EndPoints { get; private set; } = new Dictionary<string, IPEndPoint>();

    /// <inheritdoc cref="LiveTableHolder.Publish"/>
    public void Publish(Routing.RoutingTable table, long asOf = long.MaxValue)
    {
        Tables.Publish(table, asOf);
        _relays.Published();
    }

    /// <exception cref="IOException">An address is in use; the message names it.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _server.StartAsync(_application, cancellation);
        _relays.Start();
        EndPoints = _listeners.ToDictionary(l => l.Key, l => l.Value.IPEndPoint!);
        _listening = true;
        foreach (var (name, endPoint) in EndPoints)
        {
            ProxyLog.Listening(_logger, endPoint.ToString(), name);
        }
    }

    /// <summary>Ends the sockets that are meant, evenly over the window, with outcome <c>operator</c>. Returns at once: how many they are.</summary>
    /// <param name="which">Asked of every open socket and its age.</param>
    /// <param name="window">From now on.</param>
    /// <param name="code">The Close code to clients; null: 1001.</param>
    /// <param name="reason">Words behind the outcome's own in the Close reason.</param>
    public int DrainSockets(Func<SocketFacts, TimeSpan, bool> which, TimeSpan window, ushort? code, string? reason) => _relays.Drain(which, window, code, reason);

    /// <summary>A shutdown begins: whoever asks for readiness hears so.</summary>
    public void Leave() => _leaving = true;

    /// <summary>
    /// Ends every socket with Close 1001, evenly spread over <paramref name="window"/>, while plain HTTP is still answered; returns
    /// when nothing is open any more, at the latest after <paramref name="deadline"/>.
    /// </summary>
    public async Task DrainAsync(TimeSpan window, TimeSpan deadline, CancellationToken force)
    {
        ProxyLog.Draining(_logger, Sockets.Count, window.TotalSeconds, deadline.TotalSeconds);
        if (await _relays.DrainAsync(window, deadline, () => _active.Count == 0, force))
        {
            ProxyLog.Drained(_logger);
        }
        else
        {
            ProxyLog.DrainDeadline(_logger, Sockets.Count, _active.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // What is open after a drain is cut, sockets first, so that they end as what they are; Kestrel must not wait for the rest.
        await _relays.AbortAsync();
        using var cut = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        await _server.StopAsync(cut.Token);
        if (_plain is not null)
        {
            await _plain.CloseAsync();
        }

        await _relays.DisposeAsync();
        _clients.Dispose();
        await _host.DisposeAsync();
        _loops?.Dispose();
        _tls?.Dispose();
    }

    /// <summary>The host lends Kestrel its services and is never run: requests go to our own application, past every middleware.</summary>
    private WebApplication Build(ILoggerFactory loggers, TransportEntry? requests)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        builder.Services.AddSingleton(loggers).AddHttpForwarder().Configure<SocketTransportOptions>(ServerLimits.Apply);
        if (_loops is { } loops)
        {
            builder.Services.AddSingleton<IConnectionListenerFactory>(services => new EpollTransport(
                loops,
                new EpollOptions
                {
                    FirstByteTimeout = _options.KeepAliveTimeout,
                    ProxyProtocolPeers = _options.ProxyProtocolPeers,
                    Requests = requests,
                    AcceptTls = _tls is { } tls ? tls.Accept : null,
                },
                services.GetRequiredService<IMemoryPoolFactory<byte>>(),
                loggers));
        }

        return builder.Build();
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
        ServerLimits.Apply(kestrel.Limits, _options);
        Listen(kestrel, "http", _options.Http, HttpProtocols.Http1, isTls: false);
        Listen(kestrel, "https", _options.Https, HttpProtocols.Http1AndHttp2, isTls: true);
        Listen(kestrel, "h2c", _options.H2c, HttpProtocols.Http2, isTls: false);
    }

    /// <summary>Null where OpenSSL cannot be used: then SslStream ends TLS, and sockets over TLS are relayed over streams.</summary>
    private TlsServer? CreateTls(TimeProvider time)
    {
        if (OpenSsl.Unavailable is { } reason)
        {
            ProxyLog.NoOpenSsl(_logger, reason);
            return null;
        }

        return new TlsServer(name => Tables.Current.Certificates.FindTls(name), new TlsServerOptions { Tickets = new TicketKeys(time) });
    }

    private void Listen(KestrelServerOptions kestrel, string name, IPEndPoint? endPoint, HttpProtocols protocols, bool isTls)
    {
        if (endPoint is null)
        {
            return;
        }

        if (isTls && _tls is not null)
        {
            // The transport ends TLS and says by ALPN what is spoken; Kestrel's own default takes both.
            kestrel.Listen(new TlsEndPoint(endPoint.Address, endPoint.Port), listen => _listeners.Add(name, listen));
            return;
        }

        // What speaks HTTP/2 alone, or TLS that Kestrel ends, is read by nobody else.
        var isServers = _loops is not null && (isTls || protocols == HttpProtocols.Http2);
        kestrel.Listen(isServers ? new ServerEndPoint(endPoint.Address, endPoint.Port) : endPoint, listen =>
        {
            listen.Protocols = protocols;
            if (_options.ProxyProtocolPeers.Length > 0 && _loops is null)
            {
                var middleware = new ProxyProtocolMiddleware(_options.ProxyProtocolPeers, _time, _logger);
                listen.Use(next => connection => middleware.InvokeAsync(connection, next));
            }

            if (isTls)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = TlsOptions.For(Tables) });
            }

            _listeners.Add(name, listen);
        });
    }
}
