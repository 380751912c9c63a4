using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>Echo times at a rate that does not wait for answers.</summary>
internal sealed class LatencyScenario(string group, LoadOptions load, Target? target)
    : Scenario(group, $"{(load.Tls ? "wss" : "ws")} {load.Rate:N0} messages/s of {MessageScenario.Size(load.Payload)} over {load.Sockets:N0}")
{
    private readonly Metric _p50 = new("p50", "µs");
    private readonly Metric _p99 = new("p99", "µs", target);
    private readonly Metric _cpu = Metric.CpuOf("message");

    public override IReadOnlyList<Metric> Metrics => [_p50, _p99, _cpu, Metric.ClientCpuOf("message"), Metric.PodCpuOf("message"), Metric.ClientBusy, Metric.Others];

    public override bool HasDirect => !load.Tls;

    public override bool HasBare => !load.Tls;

    public override Sample Measure(Site site, RunningProxy proxy)
    {
        var cost = site.Run(proxy, load);
        var sample = new Sample();
        sample.Check(cost.Report);
        sample.Add(_p50, cost.Report.P50);
        sample.Add(_p99, cost.Report.P99);
        sample.AddOf(proxy, _cpu, cost.Proxy / cost.Report.Messages);
        cost.Describe(sample, "message", cost.Report.Messages);
        if (cost.Report.Messages < 0.99 * load.Rate * load.Seconds)
        {
            sample.Trouble($"only {cost.Report.Messages:N0} messages were sent");
        }

        return sample;
    }
}
