using Prometheus;
using WsIngress.Cluster;
using WsIngress.Translation;

namespace WsIngress.Telemetry;

/// <summary>How well the cluster is followed. Read at scrape from the states of the Reflectors.</summary>
internal sealed class ClusterMetrics
{
    private readonly Gauge _age;
    private readonly Gauge _contact;
    private readonly Gauge _objects;
    private readonly Counter _events;
    private readonly Counter _relists;
    private readonly Counter _failures;
    private ApiServerSources? _sources;
    private TimeProvider _time = TimeProvider.System;

    public ClusterMetrics(CollectorRegistry registry)
    {
        var make = Prometheus.Metrics.WithCustomRegistry(registry);
        _age = make.CreateGauge("wsingress_config_snapshot_age_seconds", "How long the API server has not been heard, of the worst kind; 0 while all watches are open and bring their bookmarks.");
        _contact = make.CreateGauge("wsingress_source_last_contact_timestamp_seconds", "When the API server was last heard about a kind.", ["kind"]);
        _objects = make.CreateGauge("wsingress_source_objects", "Objects of a kind that are known.", ["kind"]);
        _events = make.CreateCounter("wsingress_source_events_total", "Watch events of a kind.", ["kind"]);
        _relists = make.CreateCounter("wsingress_source_relists_total", "Lists after the first, by cause: expired, too-new, restored, broken, refused or unreadable.", ["kind", "reason"]);
        _failures = make.CreateCounter("wsingress_source_failures_total", "Requests and watches that failed, by status code; 0 is no answer.", ["kind", "code"]);
    }

    /// <summary>Names what is read at every scrape.</summary>
    public void Watch(ApiServerSources sources, TimeProvider time) => (_sources, _time) = (sources, time);

    public void Collect(ClusterSnapshot? snapshot)
    {
        if (_sources is not { } sources)
        {
            return;
        }

        _age.Set(sources.Age().TotalSeconds);
        foreach (var state in sources.States)
        {
            _contact.WithLabels(state.Kind).Set(state.LastContact(_time.GetUtcNow()).ToUnixTimeMilliseconds() / 1000.0);
            _events.WithLabels(state.Kind).IncTo(state.EventCount);
            foreach (var (reason, count) in state.Relists)
            {
                _relists.WithLabels(state.Kind, reason).IncTo(count);
            }

            foreach (var (code, count) in state.Failures)
            {
                _failures.WithLabels(state.Kind, code.ToString()).IncTo(count);
            }
        }

        foreach (var (kind, count) in Counts(snapshot ?? ClusterSnapshot.Empty))
        {
            _objects.WithLabels(kind).Set(count);
        }
    }

    private static IEnumerable<(string Kind, int Count)> Counts(ClusterSnapshot snapshot) =>
    [
        ("ingresses", snapshot.Ingresses.Length), ("ingressclasses", snapshot.IngressClasses.Length), ("services", snapshot.Services.Length),
        ("endpointslices", snapshot.EndpointSlices.Length), ("secrets", snapshot.Secrets.Length), ("namespaces", snapshot.Namespaces.Length),
    ];
}
