using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>Echoed messages, one under way per socket.</summary>
internal sealed class MessageScenario(string group, LoadOptions load, Target? cpu = null, Target? rate = null)
    : Scenario(group, $"{(load.Tls ? "wss" : "ws")} {Size(load.Payload)} × {load.Sockets:N0}")
{
    private readonly Metric _cpu = Metric.CpuOf("message", cpu);
    private readonly Metric _rate = new("messages", "/s", rate);

    public override IReadOnlyList<Metric> Metrics =>
        [_cpu, _rate, Metric.ClientCpuOf("message"), Metric.PodCpuOf("message"), Metric.ClientBusy, Metric.Others];

    public override bool HasDirect => !load.Tls;

    public override bool HasBare => !load.Tls && load.Payload <= 1 << 10;

    public override string? Obstacle => ObstacleOf(load.Sockets);

    public static string Size(int bytes) => bytes >= 1 << 20 ? $"{bytes >> 20} MiB" : bytes >= 1 << 10 ? $"{bytes >> 10} KiB" : $"{bytes} B";

    public override Sample Measure(Site site, RunningProxy proxy)
    {
        var cost = site.Run(proxy, load);
        var sample = new Sample();
        sample.Check(cost.Report);
        sample.AddOf(proxy, _cpu, cost.Proxy / cost.Report.Messages);
        sample.Add(_rate, cost.Report.Messages / cost.Report.Seconds);
        cost.Describe(sample, "message", cost.Report.Messages);
        return sample;
    }
}
