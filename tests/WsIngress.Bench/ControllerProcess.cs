using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using WsIngress.ApiServer;

namespace WsIngress.Bench;

/// <summary>The built controller as a process of its own, so that its memory and CPU are nobody else's.</summary>
internal sealed class ControllerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _kubeconfig;

    private ControllerProcess(Process process, string kubeconfig, TimeSpan toReady, JsonNode ready)
    {
        (_process, _kubeconfig, ToReady) = (process, kubeconfig, toReady);
        Http = IPEndPoint.Parse((string)ready["http"]!);
        Metrics = IPEndPoint.Parse((string)ready["metrics"]!);
    }

    public TimeSpan ToReady { get; }

    public IPEndPoint Http { get; }

    public IPEndPoint Metrics { get; }

    /// <summary>Resident memory in MiB.</summary>
    public double Memory => Status("VmRSS:") / 1024.0;

    /// <summary>The most it was since the start or since <see cref="ForgetPeak"/>.</summary>
    public double PeakMemory => Status("VmHWM:") / 1024.0;

    /// <summary>The peak is counted from here.</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    /// <summary>The page of metrics.</summary>
    public async Task<string> MetricsAsync()
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"http://{Metrics}/metrics"));
    }

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <param name="server">The cluster.</param>
    /// <param name="address">What to write into the status, as leader, with Events; null writes nothing.</param>
    public static async Task<ControllerProcess> StartAsync(FakeApiServer server, string? address)
    {
        string[] writers = address is null
            ? ["--leader-election", "off", "--update-status", "off", "--events", "off"]
            : ["--publish-status-address", address, "--pod-namespace", "default", "--pod-name", "bench"];
        var kubeconfig = Path.Combine(Path.GetTempPath(), $"wsingress-bench-{Guid.NewGuid():N}");
        server.WriteKubeconfig(kubeconfig);
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "wsingress"),
            [
                "controller", "--kubeconfig", kubeconfig, "--output", "json", "--access-log", "off", "--log-level", "none",
                "--http", "127.0.0.1:0", "--https", "off", "--metrics", "127.0.0.1:0", "--admin", "off", .. writers,
            ])
        {
            RedirectStandardOutput = true,
        };
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException("wsingress did not start");
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("wsingress ended before it was ready");
        return new(process, kubeconfig, Stopwatch.GetElapsedTime(began), JsonNode.Parse(line)!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        File.Delete(_kubeconfig);
    }

    /// <summary>In KiB.</summary>
    private long Status(string name) =>
        long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
}
