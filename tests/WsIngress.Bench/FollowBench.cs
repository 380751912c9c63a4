using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Hosting;
using WsIngress.Manifests;
using WsIngress.Proxy;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Bench;

/// <summary>The whole standalone pipeline over a folder of many files: how long a new Ingress takes from the end of the quiet time to the live table.</summary>
internal static class FollowBench
{
    private const int Rounds = 30;

    public static async Task<int> RunAsync(int ingresses)
    {
        var folder = Directory.CreateTempSubdirectory("wsingress-follow-").FullName;
        try
        {
            for (var i = 0; i < ingresses; i++)
            {
                var file = Path.Combine(folder, $"{LargeCluster.Name(i)}.yaml");
                await File.WriteAllTextAsync(file, LargeCluster.Manifest(i));

                // Files written within the last two seconds are read again each time, which is not what is measured here.
                File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));
            }

            await MeasureAsync(folder, ingresses);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, int ingresses)
    {
        await using var plane = new DataPlane(
            new ProxyOptions { Http = new IPEndPoint(IPAddress.Loopback, 0), Https = null }, new Silent(), NullLoggerFactory.Instance, TimeProvider.System);
        await plane.StartAsync(CancellationToken.None);
        var source = new FolderSource(new FolderSourceOptions { Folder = folder }, new InotifyWatcher(), TimeProvider.System, NullLogger<FolderSource>.Instance);
        var sink = new TableSink(plane);
        var sync = new SyncState();
        var memory = new TranslationMemory();
        var loop = new SyncLoop(
            [source], s => Translator.Translate(s, ManifestValidation.StandaloneOptions, memory), sink, sync, TimeProvider.System, NullLogger<SyncLoop>.Instance);
        using var stop = new CancellationTokenSource();
        var started = Stopwatch.GetTimestamp();
        var running = loop.RunAsync(stop.Token);
        await sink.First;
        Figures.Print($"first table of {ingresses:N0} Ingresses in {ingresses:N0} files", $"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms");
        var quiet = new FolderSourceOptions { Folder = folder }.Quiet.TotalMilliseconds;
        var times = new double[Rounds];
        var applied = new double[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            var revision = plane.Tables.Current.Table.Revision;
            await File.WriteAllTextAsync(Path.Combine(folder, $"new-{i}.yaml"), LargeCluster.Manifest(ingresses + i));
            var written = Stopwatch.GetTimestamp();
            while (plane.Tables.Current.Table.Revision == revision)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }

            times[i] = Stopwatch.GetElapsedTime(written).TotalMilliseconds - quiet;
            while (sync.Current.Revision == revision)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }

            applied[i] = sync.Current.LastDuration.TotalMilliseconds;
        }

        Figures.Print("one Ingress added: live after the quiet time of its file event", $"median {Figures.Percentile(times, 0.5):0} ms, p99 {Figures.Percentile(times, 0.99):0} ms, first {times[0]:0} ms");
        Figures.Print("  of which translation and publication", $"median {Figures.Percentile(applied, 0.5):0} ms");
        await stop.CancelAsync();
        await running;
    }

    private sealed class Silent : IProxyTelemetry
    {
        public void HttpCompleted(HttpFacts facts)
        {
        }

        public void HandshakeCompleted(HandshakeFacts facts)
        {
        }

        public void SocketOpened(SocketFacts facts, RequestFacts request)
        {
        }

        public void SocketClosed(SocketFacts facts, RelayReport report)
        {
        }
    }
}
