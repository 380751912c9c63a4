using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>As many messages as the way takes, in one direction.</summary>
internal sealed class StreamScenario(string group, LoadOptions load)
    : Scenario(group, $"{(load.Tls ? "wss" : "ws")} {(load.Mode == "up" ? "client → pod" : "pod → client")}, {MessageScenario.Size(load.Payload)} × {load.Sockets:N0}")
{
    private readonly Metric _cpu = Metric.CpuOf("MB");
    private readonly Metric _rate = new("throughput", "MB/s");

    public override IReadOnlyList<Metric> Metrics => [_cpu, _rate, Metric.ClientCpuOf("MB"), Metric.PodCpuOf("MB"), Metric.ClientBusy, Metric.Others];

    public override bool HasDirect => !load.Tls;

    public override Sample Measure(Site site, RunningProxy proxy)
    {
        var cost = site.Run(proxy, load);
        var megabytes = cost.Report.Bytes / 1e6;
        var sample = new Sample();
        sample.Check(cost.Report);
        sample.AddOf(proxy, _cpu, cost.Proxy / megabytes);
        sample.Add(_rate, megabytes / cost.Report.Seconds);
        cost.Describe(sample, "MB", megabytes);
        return sample;
    }
}
