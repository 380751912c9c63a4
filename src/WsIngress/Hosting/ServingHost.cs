using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Proxy;
using WsIngress.Proxy.Telemetry;
using WsIngress.Store;
using WsIngress.Telemetry;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>
/// The product in one process: sources feed the sync loop, the loop feeds the data plane. Order of a start: metrics and admin (so that a
/// start that waits can say for what), the first table, then the listeners. Order of an end: not ready, new connections for as long as load
/// balancers need, paced Close frames, exit when nothing is open or the deadline is reached.
/// </summary>
internal sealed class ServingHost(ServerOptions options, TimeProvider time, Stream accessLog)
{
    private static readonly TimeSpan PortCheckPeriod = TimeSpan.FromSeconds(10);

    /// <param name="connect">Makes the feed; it may throw an <see cref="IOException"/> with a sentence for the operator.</param>
    /// <param name="ready">Called once, when every listener serves the first table.</param>
    /// <param name="stopping">Begins the shutdown.</param>
    public async Task<int> RunAsync(Func<HostParts, HostFeed> connect, Action<BoundListeners> ready, CancellationToken stopping)
    {
        using var loggers = ConsoleLogging.Create(options.LogLevel, options.LogFormat);
        var logger = loggers.CreateLogger("WsIngress");
        using var heap = new HeapRelease(time);
        var metrics = new Metrics(ProductVersion.Text, time);
        await using var log = options.AccessLog ? new AccessLog(accessLog, time) : null;
        try
        {
            var sync = new SyncState();
            var adminLogger = loggers.CreateLogger("WsIngress.Admin");
            var token = options.AdminTokenFile is { } file && !options.Admin.IsOff ? new AdminToken(file, time, adminLogger) : null;
            var access = new AdminAccess(token, metrics.AdminRefused, time, adminLogger);
            var feed = connect(new(sync, metrics, loggers, time));
            var closed = new ClosedSockets(time);
            IProxyTelemetry?[] listeners = [metrics, log, closed, feed.Telemetry];
            await using var plane = new DataPlane(ProxyOptions(feed), new CompositeTelemetry([.. listeners.OfType<IProxyTelemetry>()]), loggers, time);
            var ports = new SourcePorts(() => plane.Tables.Backends, SourcePorts.ReadRange, loggers.CreateLogger("WsIngress.Proxy"), feed.SourcePortsLow);
            metrics.Watch(plane, sync, log, ports);
            await using var portCheck = time.CreateTimer(static state => ((SourcePorts)state!).CheckQuietly(), ports, PortCheckPeriod, PortCheckPeriod);
            await using var metricsServer = options.Metrics.IsOff ? null : await SideServer.StartAsync(
                options.Metrics.ToEndPoint(), loggers, app => MetricsEndpoints.Map(app, metrics.Registry, sync, plane), stopping);
            await using var adminServer = options.Admin.IsOff ? null : await SideServer.StartAsync(
                options.Admin.ToEndPoint(), loggers, app => AdminEndpoints.Map(app, access, plane, closed, sync, options.Defaults, () => ConfigurationJson.Write(options, feed, sync.Current), time, adminLogger), stopping);
            await ServeAsync(feed, plane, sync, loggers, () => ready(Bound(plane, metricsServer, adminServer)), stopping);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            HostLog.CannotRun(logger, error.InnerException is AddressInUseException
                ? $"{error.Message.TrimEnd('.')}; --http, --https, --h2c, --metrics and --admin choose other addresses"
                : error.Message);
            return ExitCode.Problems;
        }
    }

    private async Task ServeAsync(HostFeed feed, DataPlane plane, SyncState sync, ILoggerFactory loggers, Action ready, CancellationToken stopping)
    {
        using var stopSync = new CancellationTokenSource();
        var sink = new TableSink(plane);
        var memory = new TranslationMemory();
        TranslationResult Translate(ClusterSnapshot snapshot) => Translator.Translate(snapshot, feed.Translation, memory);

        // A second translation of the same objects has no outcome; it leaves the memory as the first change wants to find it.
        var loop = new SyncLoop(feed.Sources, Translate, sink, sync, time, loggers.CreateLogger<SyncLoop>(), prepare: snapshot => Translate(snapshot))
            .RunAsync(stopSync.Token);
        using var stopBeside = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var beside = Task.CompletedTask;
        var end = new Deadline(options.DrainDeadline, time);
        await using var signal = stopping.Register(end.Begin);
        try
        {
            await (await Task.WhenAny(sink.First, loop).WaitAsync(stopping));
            await plane.StartAsync(stopping);
            ready();
            beside = feed.Beside?.Invoke(stopBeside.Token) ?? Task.CompletedTask;
            await StoppedAsync(loop, stopping);
            await EndAsync(plane, end, loggers.CreateLogger("WsIngress"));
        }
        finally
        {
            end.Begin();
            await stopBeside.CancelAsync();
            await stopSync.CancelAsync();
            await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // A cluster that does not answer must not hold up the end: whoever waits for it kills the process.
            await beside.WaitAsync(end.Left, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One deadline, counted from the signal, holds for all of it.</summary>
    private async Task EndAsync(DataPlane plane, Deadline end, ILogger logger)
    {
        plane.Leave();
        if (options.DeregistrationDelay > TimeSpan.Zero)
        {
            HostLog.Leaving(logger, options.DeregistrationDelay.TotalSeconds);
            await Task.Delay(options.DeregistrationDelay, time, CancellationToken.None);
        }

        HostLog.Stopping(logger);
        await plane.DrainAsync(options.DrainWindow, end.Left, CancellationToken.None);
    }

    /// <summary>Returns when asked to stop; a sync loop that ends by itself ends the program with its error.</summary>
    private static async Task StoppedAsync(Task loop, CancellationToken stopping)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(() => stop.TrySetResult());
        await await Task.WhenAny(stop.Task, loop);
    }

    private ProxyOptions ProxyOptions(HostFeed feed) => new()
    {
        PodDeadline = feed.PodDeadline,
        Http = options.Http.IsOff ? null : options.Http.ToEndPoint(),
        Https = options.Https.IsOff ? null : options.Https.ToEndPoint(),
        H2c = options.H2c.IsOff ? null : options.H2c.ToEndPoint(),
        MaxConnectionsPerNamespace = options.MaxConnectionsPerNamespace,
        TrustedProxies = options.TrustedProxies,
        ProxyProtocolPeers = options.ProxyProtocol,
        Transport = options.Transport ?? Proxy.ProxyOptions.DefaultTransport,
        Loops = options.Loops,
        Handshake = options.Handshake ?? HandshakeWay.Transport,
    };

    private static BoundListeners Bound(DataPlane plane, SideServer? metrics, SideServer? admin) => new()
    {
        Http = plane.EndPoints.GetValueOrDefault("http"),
        Https = plane.EndPoints.GetValueOrDefault("https"),
        H2c = plane.EndPoints.GetValueOrDefault("h2c"),
        Metrics = metrics?.EndPoint,
        Admin = admin?.EndPoint,
    };
}
