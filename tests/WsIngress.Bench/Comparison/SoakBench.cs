using System.Diagnostics;
using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>
/// Sockets that stay open and talk, plain and TLS, while others come and go beside them all the time. None of the first may end, no answer may be
/// wrong or lost, and neither memory nor threads nor descriptors of wsingress may grow.
/// </summary>
internal static class SoakBench
{
    private static readonly LoadOptions _steady = new() { Mode = "rate", Port = 1, Sockets = 1_000, Rate = 2_000 };
    private static readonly LoadOptions _steadyTls = new() { Mode = "rate", Port = 1, Sockets = 300, Rate = 600, Payload = 1_024, Tls = true };
    private static readonly LoadOptions _passing = new() { Mode = "handshakes", Port = 1, Sockets = 500 };
    private static readonly LoadOptions _passingTls = new() { Mode = "handshakes", Port = 1, Sockets = 150, Tls = true, Resume = true };

    public static int Run(double minutes, string[] arguments)
    {
        if (DataPlaneOptions.Read(arguments) is not { } options)
        {
            return 2;
        }

        using var signals = new EndSignals();
        using var place = new Workplace();
        using var pod = new PodProcess(place, signals.Token);
        using var proxy = ProxyKind.WsIngress("wsingress", options.Program, options.Arguments).Start(place, pod.Port);
        proxy.WaitUntilServing(signals.Token);
        long passed = Pass(proxy, signals.Token);
        Note("after 650 sockets that came and went", proxy);

        var seconds = minutes * 60;
        var steady = Start(proxy, _steady with { Seconds = seconds }, signals.Token);
        var steadyTls = Start(proxy, _steadyTls with { Seconds = seconds }, signals.Token);
        var (cpu, began, next) = (proxy.Cpu, Stopwatch.GetTimestamp(), 1.0);
        while (!steady.IsCompleted || !steadyTls.IsCompleted)
        {
            passed += Pass(proxy, signals.Token);
            if (Stopwatch.GetElapsedTime(began).TotalMinutes >= next)
            {
                Note($"after {next:0} min, {passed:N0} sockets came and went", proxy);
                next = Math.Floor(Stopwatch.GetElapsedTime(began).TotalMinutes) + 1;
            }

            signals.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(2));
        }

        Figures.Print("CPU of wsingress", $"{100 * (proxy.Cpu - cpu) / Stopwatch.GetElapsedTime(began).TotalMicroseconds:0.0} % of a core");
        var clean = Tell("ws", steady.Result) & Tell("wss", steadyTls.Result) & pod.WaitUntilEmpty(signals.Token);
        signals.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(12));
        Note("12 s after the last socket closed", proxy);
        return clean && !proxy.HasExited ? 0 : 1;
    }

    private static Task<LoadReport> Start(RunningProxy proxy, LoadOptions load, CancellationToken stop) => Task.Factory.StartNew(() => Go(proxy, load, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LoadReport Go(RunningProxy proxy, LoadOptions load, CancellationToken stop)
    {
        using var client = new LoadProcess(load with { Port = load.Tls ? proxy.Https!.Value : proxy.Http }, stop);
        var report = client.Go();
        client.Close();
        return report;
    }

    /// <summary>Sockets that were open and closed again.</summary>
    private static long Pass(RunningProxy proxy, CancellationToken stop)
    {
        long passed = 0;
        foreach (var load in new[] { _passing, _passingTls })
        {
            var report = Go(proxy, load, stop);
            passed += report.Messages;
            if (report.Failed + report.Wrong > 0)
            {
                throw new IOException($"{report.Failed} handshakes failed: {report.Trouble}");
            }
        }

        return passed;
    }

    private static bool Tell(string scheme, LoadReport report)
    {
        Figures.Print($"{scheme}: answers to {report.Messages + report.Lost:N0} messages", $"{report.Lost} lost, {report.Wrong} wrong, {report.Failed} failed; p50 {report.P50:0} µs, p99 {report.P99:0} µs");
        return report.Lost + report.Wrong + report.Failed == 0;
    }

    private static void Note(string when, RunningProxy proxy)
    {
        var heap = Heap.Read(proxy);
        Figures.Print(when, $"RSS {proxy.ResidentKiB / 1024:0.0} MiB, {proxy.Threads} threads, {proxy.Descriptors} descriptors, {heap.Collections} collections, {1000 * heap.Paused:0} ms paused");
    }
}
