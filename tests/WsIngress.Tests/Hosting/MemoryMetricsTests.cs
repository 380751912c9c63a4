using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy.Listening;
using WsIngress.Telemetry;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class MemoryMetricsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-memory-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Memory_in_use_and_its_limit_are_told() =>
        Assert.Equal(["wsingress_memory_bytes 2048", "wsingress_memory_limit_bytes 1048576"], await CollectAsync("1048576"));

    [Fact]
    public async Task Without_a_limit_there_is_none_to_divide_by() =>
        Assert.Equal(["wsingress_memory_bytes 2048"], await CollectAsync("max"));

    private async Task<string[]> CollectAsync(string limit)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "memory.current"), "3072\n");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "memory.stat"), "inactive_file 1024\n");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "memory.max"), limit + "\n");
        var registry = Prometheus.Metrics.NewCustomRegistry();
        new MemoryMetrics(registry).Collect(new ProcessRoom(_folder.FullName, _folder.FullName, static () => null, static () => 3, static () => default, TimeProvider.System, NullLogger.Instance));
        using var page = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(page);
        return [.. System.Text.Encoding.UTF8.GetString(page.ToArray()).Split('\n').Where(l => l.Length > 0 && l[0] != '#')];
    }
}
