using System.Globalization;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>Plain HTTP/1.1 requests on kept connections, by wrk(1).</summary>
internal sealed class HttpScenario(string group, double seconds, int connections, Target target) : Scenario(group, $"HTTP × {connections}")
{
    private static readonly string? Program = ChildProcess.Find("wrk");

    private readonly Metric _rate = new("requests", "/s", target);
    private readonly Metric _cpu = Metric.CpuOf("request");
    private readonly int _seconds = Math.Max(1, (int)Math.Round(seconds));

    public override IReadOnlyList<Metric> Metrics => [_rate, _cpu, Metric.PodCpuOf("request")];

    public override string? Obstacle => Program is null ? "wrk is not installed" : null;

    public override Sample Measure(Site site, RunningProxy proxy)
    {
        string[] arguments = ["-t1", $"-c{connections}", $"-d{_seconds}s", "-H", $"Host: {Workplace.Host}", $"http://127.0.0.1:{proxy.Http}/"];
        var (cpu, pod) = (proxy.Cpu, site.Pod.Cpu);
        using var wrk = ChildProcess.Talk(Program!, arguments);
        var sample = new Sample();
        double requests = 0;
        while (wrk.Listen(TimeSpan.FromSeconds(_seconds + 20), site.Stop) is { } line)
        {
            var words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words is [var count, "requests", "in", ..])
            {
                requests = double.Parse(count, CultureInfo.InvariantCulture);
            }
            else if (words is ["Requests/sec", var rate])
            {
                sample.Add(_rate, double.Parse(rate, CultureInfo.InvariantCulture));
            }
            else if (words is ["Socket", "errors", ..] or ["Non-2xx", ..])
            {
                sample.Trouble(line.Trim());
            }
        }

        sample.AddOf(proxy, _cpu, (proxy.Cpu - cpu) / requests);
        sample.Add(Metric.PodCpuOf("request"), (site.Pod.Cpu - pod) / requests);
        return sample;
    }
}
