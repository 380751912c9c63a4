using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>
/// A crowd that comes and goes: all sockets are opened, 64 dials at a time, and then closed at once. The CPU counts from the first dial to one
/// second after the pod has no socket left, so the teardown is in it.
/// </summary>
internal sealed class HandshakeScenario(string group, LoadOptions load, Target? target)
    : Scenario(group, $"{NameOf(load)} × {load.Sockets:N0}")
{
    private readonly Metric _cpu = Metric.CpuOf("handshake", target);
    private readonly Metric _rate = new("handshakes", "/s");

    public override IReadOnlyList<Metric> Metrics => [_cpu, _rate, Metric.ClientCpuOf("handshake"), Metric.PodCpuOf("handshake"), Metric.ClientBusy, Metric.Others];

    public override bool HasDirect => !load.Tls;

    public override bool HasBare => !load.Tls;

    public override string? Obstacle => ObstacleOf(load.Sockets);

    public override Sample Measure(Site site, RunningProxy proxy)
    {
        var cost = site.Handshakes(proxy, load, out var empty);
        var count = cost.Report.Messages;
        var sample = new Sample();
        sample.Check(cost.Report);
        sample.AddOf(proxy, _cpu, cost.Proxy / count);
        sample.Add(_rate, count / cost.Report.Seconds);
        cost.Describe(sample, "handshake", count);
        if (!empty)
        {
            sample.Trouble("sockets of the pod stayed open");
        }

        if (load.Tls && cost.Report.Resumed != (load.Resume ? count : 0))
        {
            sample.Trouble($"{cost.Report.Resumed} of {count} were resumed");
        }

        return sample;
    }

    private static string NameOf(LoadOptions load) => (load.Tls, load.Resume, load.Mode) switch
    {
        (true, true, _) => "wss handshake, resumed",
        (true, false, _) => "wss handshake, full",
        (_, _, "goodbyes") => "ws handshake, Close frames",
        _ => "ws handshake",
    };
}
