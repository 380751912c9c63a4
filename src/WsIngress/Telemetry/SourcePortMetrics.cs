using Prometheus;

namespace WsIngress.Telemetry;

/// <summary>
/// The fullest pod of each Service, where that is worth a series: from one hundredth of the ports on. A label for the pod would make a series of every pod that
/// there ever was; which one it is stands in the log and in the Event.
/// </summary>
internal sealed class SourcePortMetrics
{
    private const double Least = 0.01;

    private readonly Gauge _used;

    public SourcePortMetrics(CollectorRegistry registry) => _used = Prometheus.Metrics.WithCustomRegistry(registry).CreateGauge(
        "wsingress_source_ports_used_ratio", "Share of the source ports that the fullest pod of a Service holds, from 0.01 on.", ["namespace", "service"]);

    public void Collect(SourcePorts ports)
    {
        var present = new HashSet<(string, string)>();
        foreach (var use in ports.Fullest().Where(use => use.Ratio >= Least))
        {
            present.Add((use.Namespace, use.Service));
            _used.WithLabels(use.Namespace, use.Service).Set(use.Ratio);
        }

        foreach (var labels in _used.GetAllLabelValues().Where(l => !present.Contains((l[0], l[1]))).ToArray())
        {
            _used.RemoveLabelled(labels);
        }
    }
}
