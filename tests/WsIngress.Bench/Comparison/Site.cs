using System.Diagnostics;
using System.Globalization;
using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>The pod, the folder and the end signal that all scenarios share, and the measuring of one load around which everything turns.</summary>
internal sealed class Site(Workplace place, PodProcess pod, CancellationToken stop)
{
    public Workplace Place => place;

    public PodProcess Pod => pod;

    public CancellationToken Stop => stop;

    /// <summary>Waits, but not when the bench is told to end.</summary>
    public void Pause(double seconds)
    {
        stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(seconds));
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>One load from its first byte to the last answer; opening and closing of the sockets are outside of it.</summary>
    /// <param name="proxy">Before the pod.</param>
    /// <param name="options">The load.</param>
    /// <param name="settle">Seconds between the opening and the first byte.</param>
    public LoadCost Run(RunningProxy proxy, LoadOptions options, double settle = 0)
    {
        using var client = new LoadProcess(options with { Port = Port(proxy, options) }, stop);
        Pause(settle);
        var before = Marks.Take(proxy, pod);
        var report = client.Go();
        var cost = new LoadCost(report, before, Marks.Take(proxy, pod));
        client.Close();
        pod.WaitUntilEmpty(stop);
        return cost;
    }

    /// <summary>The opening of sockets, their closing and what the proxy does after that: of a load that is a crowd.</summary>
    public LoadCost Handshakes(RunningProxy proxy, LoadOptions options, out bool empty)
    {
        const double Settle = 1;
        using var client = new LoadProcess(options with { Port = Port(proxy, options) }, stop);
        pod.WaitUntilEmpty(stop);
        Pause(0.2);
        var before = Marks.Take(proxy, pod);
        var report = client.Go();
        client.Close();
        empty = pod.WaitUntilEmpty(stop);
        Pause(Settle);
        return new(report, before, Marks.Take(proxy, pod));
    }

    private static int Port(RunningProxy proxy, LoadOptions options) => options.Tls ? proxy.Https ?? throw new IOException($"{proxy.Name} has no TLS") : proxy.Http;
}

/// <summary>CPU times at one moment, in microseconds.</summary>
internal sealed record Marks(double Proxy, double Pod, double Machine, long At)
{
    public static Marks Take(RunningProxy proxy, PodProcess pod) => new(proxy.Cpu, pod.Cpu, MachineBusy(), Stopwatch.GetTimestamp());

    /// <summary>The first line of /proc/stat less its idle times; in ticks of 10 ms, which is enough for a share.</summary>
    private static double MachineBusy() => File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
        .Where((_, i) => i is not (3 or 4)).Sum(t => double.Parse(t, CultureInfo.InvariantCulture)) * 10_000;
}

/// <summary>What a load saw and what it cost.</summary>
internal sealed record LoadCost(LoadReport Report, Marks Before, Marks After)
{
    public double Proxy => After.Proxy - Before.Proxy;

    public double Pod => After.Pod - Before.Pod;

    public double Client => Report.Cpu;

    private double Elapsed => Stopwatch.GetElapsedTime(Before.At, After.At).TotalMicroseconds;

    /// <summary>The figures of the load's ends, per what is counted.</summary>
    public void Describe(Sample sample, string what, double count)
    {
        sample.Add(Metric.ClientCpuOf(what), Client / count);
        sample.Add(Metric.PodCpuOf(what), Pod / count);
        sample.Add(Metric.ClientBusy, 100 * Client / (Report.Seconds * 1_000_000));
        sample.Add(Metric.Others, Math.Max(0, 100 * (After.Machine - Before.Machine - Proxy - Pod - Client) / (Elapsed * Environment.ProcessorCount)));
        if (After.Proxy < Before.Proxy)
        {
            sample.Trouble("a process of the proxy ended");
        }
    }
}
