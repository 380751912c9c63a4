using System.Text;
using WsIngress.Telemetry;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class ProcessMetricsTests
{
    [Theory]
    [InlineData("Max open files            20000                524288               files     ", 20000.0)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max open files", null)]
    [InlineData("Max processes             95995                95995                processes ", null)]
    public void The_soft_limit_is_read_from_the_line_of_open_files(string line, double? expected) =>
        Assert.Equal(expected, ProcessMetrics.SoftLimit(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Fact]
    public async Task A_collection_is_counted_for_its_generation_and_the_younger_ones()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        ProcessMetrics.Register(registry);
        GC.Collect();
        var paused = GC.GetTotalPauseDuration().TotalSeconds;
        var (young, old) = (GC.CollectionCount(0), GC.CollectionCount(2));
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        Assert.InRange(Value(lines, "wsingress_gc_collections_total{generation=\"0\"} "), young, double.MaxValue);
        Assert.InRange(Value(lines, "wsingress_gc_collections_total{generation=\"2\"} "), old, double.MaxValue);
        Assert.InRange(Value(lines, "wsingress_gc_pause_seconds_total "), paused, double.MaxValue);
        Assert.InRange(Value(lines, "wsingress_gc_allocated_bytes_total "), 1, double.MaxValue);
    }

    private static double Value(string[] lines, string name) => double.Parse(lines.Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..]);
}
