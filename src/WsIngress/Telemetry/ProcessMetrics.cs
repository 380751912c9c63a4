using Prometheus;

namespace WsIngress.Telemetry;

/// <summary>What the process holds of what it may hold: every socket costs two descriptors, and their end is the end of new sockets.</summary>
internal static class ProcessMetrics
{
    private const string Descriptors = "/proc/self/fd";
    private const string Limits = "/proc/self/limits";

    /// <summary>Nothing on a system without <c>/proc</c>.</summary>
    public static void Register(CollectorRegistry registry)
    {
        if (!Directory.Exists(Descriptors))
        {
            return;
        }

        var make = Prometheus.Metrics.WithCustomRegistry(registry);
        var open = make.CreateGauge("wsingress_open_files", "File descriptors that the process has open.");
        if (SoftLimit(File.ReadLines(Limits)) is { } limit)
        {
            make.CreateGauge("wsingress_open_files_limit", "File descriptors that the process may have open.").Set(limit);
        }

        registry.AddBeforeCollectCallback(() => open.Set(Directory.EnumerateFileSystemEntries(Descriptors).Count()));
    }

    /// <summary>The soft limit of the line <c>Max open files</c>; null when it is unlimited or cannot be read.</summary>
    internal static double? SoftLimit(IEnumerable<string> lines)
    {
        const string Name = "Max open files";
        var line = lines.FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
        return line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..] && double.TryParse(soft, out var limit) ? limit : null;
    }
}
