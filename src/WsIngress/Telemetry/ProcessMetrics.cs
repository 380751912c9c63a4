using Prometheus;

namespace WsIngress.Telemetry;

/// <summary>
/// What the process holds of what it may hold: every socket costs two descriptors, and their end is the end of new sockets. And what the
/// garbage collector had to do: nothing, while sockets only relay.
/// </summary>
internal static class ProcessMetrics
{
    private const string Descriptors = "/proc/self/fd";
    private const string Limits = "/proc/self/limits";

    /// <summary>Without <c>/proc</c> nothing about descriptors.</summary>
    public static void Register(CollectorRegistry registry)
    {
        var make = Prometheus.Metrics.WithCustomRegistry(registry);
        RegisterCollector(registry, make);
        if (!Directory.Exists(Descriptors))
        {
            return;
        }

        var open = make.CreateGauge("wsingress_open_files", "File descriptors that the process has open.");
        if (SoftLimit(File.ReadLines(Limits)) is { } limit)
        {
            make.CreateGauge("wsingress_open_files_limit", "File descriptors that the process may have open.").Set(limit);
        }

        registry.AddBeforeCollectCallback(() => open.Set(Directory.EnumerateFileSystemEntries(Descriptors).Count()));
    }

    private static void RegisterCollector(CollectorRegistry registry, MetricFactory make)
    {
        var collections = make.CreateCounter("wsingress_gc_collections_total", "Garbage collections of this generation or an older one.", ["generation"]);
        var allocated = make.CreateCounter("wsingress_gc_allocated_bytes_total", "Bytes that were allocated on the managed heap.");
        var paused = make.CreateCounter("wsingress_gc_pause_seconds_total", "Time in which every socket waited for the garbage collector.");
        registry.AddBeforeCollectCallback(() =>
        {
            for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            {
                collections.WithLabels($"{generation}").IncTo(GC.CollectionCount(generation));
            }

            allocated.IncTo(GC.GetTotalAllocatedBytes());
            paused.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        });
    }

    /// <summary>The soft limit of the line <c>Max open files</c>; null when it is unlimited or cannot be read.</summary>
    internal static double? SoftLimit(IEnumerable<string> lines)
    {
        const string Name = "Max open files";
        var line = lines.FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
        return line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..] && double.TryParse(soft, out var limit) ? limit : null;
    }
}
