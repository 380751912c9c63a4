using System.Collections.Concurrent;
using Prometheus;
using WsIngress.Relay;

namespace WsIngress.Telemetry;

/// <summary>
/// The WebSocket series of each route, found once: to look one up by its labels allocates and locks, five times in the life of a socket. A series appears
/// when it first has something to say, as without this.
/// </summary>
internal sealed class RouteSeries(RouteLabels labels, Counter opened, Histogram handshakeDuration, Counter closed, Histogram age, Histogram roundTrip)
{
    private readonly ConcurrentDictionary<(RelayOutcome Outcome, RelaySide Side, string Code), Counter.Child> _closed = new();
    private Counter.Child? _opened;
    private Histogram.Child? _handshakeDuration;
    private Histogram.Child? _age;
    private Histogram.Child? _clientRoundTrip;
    private Histogram.Child? _backendRoundTrip;

    public void Answered(TimeSpan duration) => (_handshakeDuration ??= handshakeDuration.WithLabels(labels.Namespace, labels.Ingress, labels.Service)).Observe(duration.TotalSeconds);

    public void Opened() => (_opened ??= opened.WithLabels(labels.Namespace, labels.Ingress, labels.Service)).Inc();

    public void Closed(RelayReport report, string code)
    {
        _closed.GetOrAdd((report.Outcome, report.Side, code), Find).Inc();
        (_age ??= age.WithLabels(labels.Namespace, labels.Ingress, labels.Service)).Observe(report.Age.TotalSeconds);
    }

    public void PingAnswered(RelaySide side, TimeSpan took)
    {
        ref Histogram.Child? series = ref side == RelaySide.Client ? ref _clientRoundTrip : ref _backendRoundTrip;
        (series ??= roundTrip.WithLabels(labels.Namespace, labels.Ingress, labels.Service, Words.Of(side))).Observe(took.TotalSeconds);
    }

    private Counter.Child Find((RelayOutcome Outcome, RelaySide Side, string Code) end) =>
        closed.WithLabels(labels.Namespace, labels.Ingress, labels.Service, RelayOutcomes.Word(end.Outcome), Words.Of(end.Side), end.Code);
}
