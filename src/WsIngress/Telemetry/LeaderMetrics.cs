using Prometheus;
using WsIngress.Cluster;

namespace WsIngress.Telemetry;

/// <summary>Whether this replica leads, and what it wrote into the cluster. Read at scrape.</summary>
internal sealed class LeaderMetrics
{
    private readonly Gauge _leader;
    private readonly Counter _status;
    private readonly Counter _events;
    private ClusterWriters? _writers;

    public LeaderMetrics(CollectorRegistry registry)
    {
        var make = Prometheus.Metrics.WithCustomRegistry(registry);
        _leader = make.CreateGauge("wsingress_leader", "1 while this replica writes the status of Ingresses and the Events about their problems.");
        _status = make.CreateCounter("wsingress_status_updates_total", "Writes of the status of an Ingress: written, conflict (the object was newer) or failed.", ["result"]);
        _events = make.CreateCounter("wsingress_kubernetes_events_total", "Events: sent, suppressed by a limit, or failed.", ["result"]);
    }

    /// <summary>Names what is read at every scrape.</summary>
    public void Watch(ClusterWriters writers) => _writers = writers;

    public void Collect()
    {
        if (_writers is not { } writers)
        {
            return;
        }

        _leader.Set(writers.IsLeader ? 1 : 0);
        _status.WithLabels("written").IncTo(writers.Status.Written);
        _status.WithLabels("conflict").IncTo(writers.Status.Conflicts);
        _status.WithLabels("failed").IncTo(writers.Status.Failures);
        _events.WithLabels("sent").IncTo(writers.Events.Sent);
        _events.WithLabels("suppressed").IncTo(writers.Events.Suppressed);
        _events.WithLabels("failed").IncTo(writers.Events.Failures);
    }
}
