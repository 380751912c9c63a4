using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>
/// Memory of open sockets that say nothing. The process is fresh, so that it cannot serve them from memory that earlier sockets left; a few
/// sockets before make it allocate what it allocates once.
/// </summary>
internal sealed class IdleScenario(string group, LoadOptions load, Target? target)
    : Scenario(group, $"{(load.Tls ? "wss" : "ws")} idle × {load.Sockets:N0}")
{
    private const int Warming = 200;

    /// <summary>Few at a time and often: code is compiled to its end (2 MiB that would be counted as the sockets'), and no memory is there for many.</summary>
    private const int Warmings = 10;
    private const double BeforeSeconds = 3;

    /// <summary>For what a proxy gives back only after a while.</summary>
    private const double AfterSeconds = 6;

    private readonly Metric _perSocket = new("RSS per socket", "KiB", target);
    private readonly Metric _start = new("RSS before", "MiB");
    private readonly Metric _threads = new("threads", "");

    public override IReadOnlyList<Metric> Metrics => [_perSocket, _start, _threads];

    public override bool Fresh => true;

    public override bool HasDirect => false;

    public override string? Obstacle => ObstacleOf(load.Sockets);

    public override Sample Measure(Site site, RunningProxy proxy)
    {
        var hold = load with { Mode = "hold", Port = load.Tls ? proxy.Https ?? 0 : proxy.Http };
        var sample = new Sample();
        for (var i = 0; i < Warmings; i++)
        {
            using var warming = new LoadProcess(hold with { Sockets = Warming }, site.Stop);
            Check(sample, warming.Go());
            warming.Close();
            site.Pod.WaitUntilEmpty(site.Stop);
        }

        site.Pause(BeforeSeconds);
        var before = proxy.ResidentKiB;
        sample.Add(_start, before / 1024);
        sample.Add(_threads, proxy.Threads);
        using var client = new LoadProcess(hold, site.Stop);
        site.Pause(AfterSeconds);
        sample.Add(_perSocket, (proxy.ResidentKiB - before) / load.Sockets);
        Check(sample, client.Go());
        client.Close();
        site.Pod.WaitUntilEmpty(site.Stop);
        return sample;
    }

    private static void Check(Sample sample, LoadReport report)
    {
        report.Messages = 1;
        sample.Check(report);
    }
}
