using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Manifests;
using WsIngress.Proxy;
using WsIngress.Proxy.Telemetry;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Telemetry;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>
/// The product without a cluster: a folder feeds the sync loop, the loop feeds the data plane. Order of a start: metrics and admin
/// (so that a start that waits can say for what), the first table, then the listeners. Order of an end: not ready, paced Close
/// frames, exit when nothing is open or the deadline is reached.
/// </summary>
internal sealed class StandaloneHost(RunOptions options, TimeProvider time, Stream accessLog)
{
    public async Task<int> RunAsync(Action<BoundListeners> ready, CancellationToken stopping)
    {
        using var loggers = ConsoleLogging.Create(options.LogLevel, options.LogFormat);
        var logger = loggers.CreateLogger("WsIngress");
        var metrics = new Metrics(ProductVersion.Text);
        await using var log = options.AccessLog ? new AccessLog(accessLog, time) : null;
        var telemetry = log is null ? (IProxyTelemetry)metrics : new CompositeTelemetry(metrics, log);
        await using var plane = new DataPlane(ProxyOptions(), telemetry, loggers, time);
        var sync = new SyncState();
        metrics.Watch(plane, sync, log);
        var sink = new TableSink(plane);
        try
        {
            await using var metricsServer = options.Metrics.IsOff ? null : await SideServer.StartAsync(
                options.Metrics.ToEndPoint(), loggers, app => MetricsEndpoints.Map(app, metrics.Registry, sync, plane), stopping);
            await using var adminServer = options.Admin.IsOff ? null : await SideServer.StartAsync(
                options.Admin.ToEndPoint(), loggers, app => AdminEndpoints.Map(app, plane, sync, () => ConfigurationJson.Write(options, sync.Current), time), stopping);
            using var stopSync = new CancellationTokenSource();
            var loop = Loop(sink, sync, loggers).RunAsync(stopSync.Token);
            try
            {
                await (await Task.WhenAny(sink.First, loop).WaitAsync(stopping));
                await plane.StartAsync(stopping);
                ready(Bound(plane, metricsServer, adminServer));
                await StoppedAsync(loop, stopping);
                HostLog.Stopping(logger);
                await plane.DrainAsync(options.DrainWindow, options.DrainDeadline, CancellationToken.None);
            }
            finally
            {
                await stopSync.CancelAsync();
                await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

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

    /// <summary>Returns when asked to stop; a sync loop that ends by itself ends the program with its error.</summary>
    private static async Task StoppedAsync(Task loop, CancellationToken stopping)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(() => stop.TrySetResult());
        await await Task.WhenAny(stop.Task, loop);
    }

    private ProxyOptions ProxyOptions() => new()
    {
        Http = options.Http.IsOff ? null : options.Http.ToEndPoint(),
        Https = options.Https.IsOff ? null : options.Https.ToEndPoint(),
        H2c = options.H2c.IsOff ? null : options.H2c.ToEndPoint(),
        TrustedProxies = options.TrustedProxies,
        ProxyProtocolPeers = options.ProxyProtocol,
    };

    private SyncLoop Loop(ITableSink sink, SyncState sync, ILoggerFactory loggers)
    {
        var translation = ManifestValidation.StandaloneOptions with
        {
            IngressClass = options.IngressClass,
            AllowExternalName = !options.DisableExternalName,
        };
        var folder = new FolderSource(
            new FolderSourceOptions { Folder = options.Manifests }, new InotifyWatcher(), time, loggers.CreateLogger<FolderSource>());
        var memory = new TranslationMemory();
        return new SyncLoop([folder], snapshot => Translator.Translate(snapshot, translation, memory), sink, sync, time, loggers.CreateLogger<SyncLoop>());
    }

    private static BoundListeners Bound(DataPlane plane, SideServer? metrics, SideServer? admin) => new()
    {
        Http = plane.EndPoints.GetValueOrDefault("http"),
        Https = plane.EndPoints.GetValueOrDefault("https"),
        H2c = plane.EndPoints.GetValueOrDefault("h2c"),
        Metrics = metrics?.EndPoint,
        Admin = admin?.EndPoint,
    };
}
