using System.Collections.Concurrent;
using System.Globalization;
using Prometheus;
using WsIngress.Proxy;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Telemetry;

/// <summary>
/// Everything on <c>/metrics</c>. Traffic is counted as it happens; what is open is read at scrape, so a WebSocket that lasts for
/// days shows while it lasts, and its age goes to a histogram of its own, never into HTTP's.
/// </summary>
internal sealed class Metrics : IProxyTelemetry
{
    private static readonly string[] CodeWords = [.. Enumerable.Range(1000, 16).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    private static readonly string[] RouteNames = ["namespace", "ingress", "service"];

    private static readonly double[] LatencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly double[] AgeBuckets = [1, 10, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400];

    private readonly Lock _collecting = new();
    private readonly SocketTotalsByRoute _totals = new();
    private readonly StaleSeries _stale;
    private readonly ConcurrentDictionary<RouteLabels, RouteSeries> _series = new();
    private readonly Counter _httpRequests;
    private readonly Histogram _httpDuration;
    private readonly Counter _opened;
    private readonly Counter _handshakeFailures;
    private readonly Histogram _handshakeDuration;
    private readonly Counter _closed;
    private readonly Histogram _age;
    private readonly Histogram _roundTrip;
    private readonly Gauge _connections;
    private readonly Gauge _stalled;
    private readonly Gauge _waiting;
    private readonly Counter _messages;
    private readonly Counter _bytes;
    private readonly Counter _frames;
    private readonly Gauge _endpoints;
    private readonly Gauge _backendConnections;
    private readonly Gauge _problems;
    private readonly Gauge _drainRemaining;
    private readonly Gauge _drainWindowEnd;
    private readonly Gauge _lastSuccess;
    private readonly Gauge _revision;
    private readonly Gauge _applyDuration;
    private readonly Counter _translations;
    private readonly Counter _failures;
    private readonly Gauge _expiry;
    private readonly Counter _droppedLines;
    private readonly Counter _adminRefused;
    private readonly Histogram _propagation;
    private readonly MemoryMetrics _memory;

    public Metrics(string version, TimeProvider time)
    {
        Registry = Prometheus.Metrics.NewCustomRegistry();
        var make = Prometheus.Metrics.WithCustomRegistry(Registry);
        _httpRequests = make.CreateCounter("wsingress_http_requests_total", "Plain HTTP exchanges answered, WebSockets not counted.", [.. RouteNames, "status"]);
        _httpDuration = make.CreateHistogram("wsingress_http_request_duration_seconds", "Plain HTTP: from the request head to the end of the answer.", new HistogramConfiguration { LabelNames = RouteNames, Buckets = LatencyBuckets });
        _opened = make.CreateCounter("wsingress_websocket_opened_total", "WebSockets opened.", RouteNames);
        _handshakeFailures = make.CreateCounter("wsingress_websocket_handshake_failures_total", "Handshakes that opened no socket.", [.. RouteNames, "reason"]);
        _handshakeDuration = make.CreateHistogram("wsingress_websocket_handshake_duration_seconds", "From the client's request head to the answer, for sockets that opened.", new HistogramConfiguration { LabelNames = RouteNames, Buckets = LatencyBuckets });
        _closed = make.CreateCounter("wsingress_websocket_closed_total", "WebSockets that ended, by outcome, guilty side and the Close code that the client sent or got.", [.. RouteNames, "outcome", "initiator", "code"]);
        _age = make.CreateHistogram("wsingress_websocket_duration_seconds", "Age of WebSockets at their end.", new HistogramConfiguration { LabelNames = RouteNames, Buckets = AgeBuckets });
        _roundTrip = make.CreateHistogram("wsingress_websocket_ping_rtt_seconds", "From a Ping of the ingress's own to its answer, by the side that answered.", new HistogramConfiguration { LabelNames = [.. RouteNames, "side"], Buckets = LatencyBuckets });
        _stalled = make.CreateGauge("wsingress_websocket_stalled_connections", "WebSockets open now of which a side takes no bytes although some wait for it; known where websocket-slow-consumer-timeout or websocket-ping-interval is set.", RouteNames);
        _connections = make.CreateGauge("wsingress_websocket_connections", "WebSockets open now.", RouteNames);
        _waiting = make.CreateGauge("wsingress_websocket_handshakes_waiting", "Handshakes that wait for their turn under a handshake rate.", RouteNames);
        _messages = make.CreateCounter("wsingress_websocket_messages_total", "Whole messages relayed, open sockets included.", [.. RouteNames, "direction"]);
        _bytes = make.CreateCounter("wsingress_websocket_bytes_total", "Bytes relayed with their frame headers, open sockets included.", [.. RouteNames, "direction"]);
        _frames = make.CreateCounter("wsingress_websocket_frames_total", "Frames relayed by type, open sockets included.", [.. RouteNames, "direction", "opcode"]);
        _stale = new(time);
        _stale.Add(_httpRequests);
        _stale.Add(_httpDuration);
        _stale.Add(_opened);
        _stale.Add(_handshakeFailures);
        _stale.Add(_handshakeDuration);
        _stale.Add(_closed);
        _stale.Add(_age);
        _stale.Add(_roundTrip);
        _stale.Add(_stalled);
        _stale.Add(_connections);
        _stale.Add(_messages);
        _stale.Add(_bytes);
        _stale.Add(_frames);
        _endpoints = make.CreateGauge("wsingress_backend_endpoints", "Endpoints of a Service port that may get new requests.", ["namespace", "service"]);
        _backendConnections = make.CreateGauge("wsingress_backend_connections", "WebSockets and requests under way toward the endpoints of a Service port.", ["namespace", "service"]);
        _problems = make.CreateGauge("wsingress_ingress_problems", "Problems of objects, by reason and severity.", ["reason", "severity"]);
        _drainRemaining = make.CreateGauge("wsingress_drain_remaining_connections", "WebSockets still open while the process drains, else 0.");
        _drainWindowEnd = make.CreateGauge("wsingress_drain_window_end_timestamp_seconds", "When every WebSocket will have been told to close, while the process drains, else 0.");
        _lastSuccess = make.CreateGauge("wsingress_config_last_success_timestamp_seconds", "When the last translation succeeded.");
        _revision = make.CreateGauge("wsingress_config_revision", "Number of the table that is live.");
        _applyDuration = make.CreateGauge("wsingress_config_apply_duration_seconds", "What the last translation and publication took.");
        _translations = make.CreateCounter("wsingress_config_translations_total", "Translations, those that published nothing included.");
        _failures = make.CreateCounter("wsingress_config_failures_total", "Translations that failed as a whole; the last table stayed live.");
        _adminRefused = make.CreateCounter("wsingress_admin_refused_total", "Requests of the admin API without its token, or with another.", ["reason"]);
        _droppedLines = make.CreateCounter("wsingress_access_log_dropped_total", "Access log lines dropped because their reader was too slow.");
        _expiry = make.CreateGauge("wsingress_certificate_expiry_timestamp_seconds", "End of validity of a certificate in use.", ["host", "secret"]);
        _propagation = make.CreateHistogram("wsingress_endpoint_propagation_seconds", "From the change of an EndpointSlice reaching the process to requests being balanced by it.", new HistogramConfiguration { Buckets = LatencyBuckets });
        ProcessMetrics.Register(Registry);
        _memory = new(Registry);
        Cluster = new(Registry);
        Leader = new(Registry);
        Loops = new(Registry);
        SourcePorts = new(Registry);
        make.CreateGauge("wsingress_start_timestamp_seconds", "When the process started.").Set(time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        make.CreateGauge("wsingress_build_info", "Constant 1.", ["version"]).WithLabels(version).Set(1);
    }

    public CollectorRegistry Registry { get; }

    /// <summary>What cluster mode adds; without a cluster its age is 0 and it has no kinds.</summary>
    public ClusterMetrics Cluster { get; }

    public LeaderMetrics Leader { get; }

    private LoopMetrics Loops { get; }

    private SourcePortMetrics SourcePorts { get; }

    /// <summary>Names what is read at every scrape. Once, before the first.</summary>
    public void Watch(DataPlane plane, SyncState sync, AccessLog? log, SourcePorts ports)
    {
        sync.EndpointsMoved += took => _propagation.Observe(took.TotalSeconds);
        Registry.AddBeforeCollectCallback(() =>
        {
            // Two scrapes at once call this at once, and what is gathered below is one dictionary.
            lock (_collecting)
            {
                CollectSockets(plane);
                CollectBackends(plane);
                CollectWaiting(plane);
                CollectConfiguration(plane, sync.Current);
                Cluster.Collect(sync.Current.Snapshot);
                Leader.Collect();
                Loops.Collect(plane);
                SourcePorts.Collect(ports);
                _memory.Collect(plane.Room);
                _droppedLines.IncTo(log?.Dropped ?? 0);
            }
        });
    }

    /// <summary>A request of the admin API was refused: <c>no-token</c> or <c>wrong-token</c>.</summary>
    public void AdminRefused(string reason) => _adminRefused.WithLabels(reason).Inc();

    public void HttpCompleted(HttpFacts facts)
    {
        var labels = RouteLabels.Of(facts.Request, facts.Service);
        _httpRequests.WithLabels(labels.Namespace, labels.Ingress, labels.Service, StatusWord(facts.Status)).Inc();
        _httpDuration.WithLabels(labels.Namespace, labels.Ingress, labels.Service).Observe(facts.Duration.TotalSeconds);
    }

    public void HandshakeCompleted(HandshakeFacts facts)
    {
        var labels = RouteLabels.Of(facts.Request, facts.Service);
        if (facts.Refusal != HandshakeRefusal.None)
        {
            _handshakeFailures.WithLabels(labels.Namespace, labels.Ingress, labels.Service, Words.Kebab(facts.Refusal.ToString())).Inc();
            return;
        }

        SeriesOf(labels).Answered(facts.Duration);
    }

    public void SocketOpened(SocketFacts facts, RequestFacts request) => SeriesOf(RouteLabels.Of(facts)).Opened();

    public void SocketClosed(SocketFacts facts, RelayReport report)
    {
        _totals.Add(facts, report);
        SeriesOf(RouteLabels.Of(facts)).Closed(report, CodeWord(report.CloseToClient ?? report.CloseFromClient));
    }

    public void PingAnswered(SocketFacts facts, RelaySide side, TimeSpan took) => SeriesOf(RouteLabels.Of(facts)).PingAnswered(side, took);

    private RouteSeries SeriesOf(RouteLabels labels) => _series.TryGetValue(labels, out var known)
        ? known
        : _series.GetOrAdd(labels, new RouteSeries(labels, _opened, _handshakeDuration, _closed, _age, _roundTrip));

    /// <summary>The code as a label: those of RFC 6455 by number, applications' own as one value, since a peer may send any of 2,000.</summary>
    private static string CodeWord(CloseStatus? status) => status switch
    {
        null => "1006",
        { Code: null } => "1005",
        { Code: >= 1000 and <= 1015 and var code } => CodeWords[code - 1000],
        { Code: >= 3000 and < 4000 } => "3xxx",
        { Code: >= 4000 and < 5000 } => "4xxx",
        _ => "other",
    };

    /// <summary>A pod may answer any number; only those of RFC 9110's range become a label.</summary>
    private static string StatusWord(int status) => status is >= 100 and <= 599 ? status.ToString() : "other";

    private void CollectSockets(DataPlane plane)
    {
        var remaining = plane.IsLeaving ? plane.Sockets.Count : 0;
        _drainRemaining.Set(remaining);
        _drainWindowEnd.Set(plane.DrainWindowEnd?.ToUnixTimeMilliseconds() / 1000.0 ?? 0);
        var all = _totals.Snapshot(plane.Sockets);
        _stale.Collect(plane.Tables.Current.Table, all.Where(pair => pair.Value.Open > 0).Select(pair => pair.Key).ToHashSet(), all.Keys.Concat(_series.Keys), labels =>
        {
            all.Remove(labels);
            _totals.Remove(labels);
            _series.TryRemove(labels, out _);
        });
        foreach (var (labels, totals) in all)
        {
            var (ns, ingress, service) = labels;
            _connections.WithLabels(ns, ingress, service).Set(totals.Open);
            if (totals.KnowsStalls)
            {
                _stalled.WithLabels(ns, ingress, service).Set(totals.Stalled);
            }

            totals.Write((direction, messages, bytes, frames) =>
            {
                _messages.WithLabels(ns, ingress, service, direction).IncTo(messages);
                _bytes.WithLabels(ns, ingress, service, direction).IncTo(bytes);
                foreach (var (opcode, count) in frames)
                {
                    _frames.WithLabels(ns, ingress, service, direction, opcode).IncTo(count);
                }
            });
        }
    }

    private void CollectWaiting(DataPlane plane)
    {
        foreach (var labels in _waiting.GetAllLabelValues().ToArray())
        {
            _waiting.WithLabels(labels).Set(0);
        }

        foreach (var (owner, service, count) in plane.WaitingHandshakes)
        {
            _waiting.WithLabels(owner.Namespace, owner.Name, service).Set(count);
        }
    }

    private void CollectBackends(DataPlane plane)
    {
        var present = new HashSet<(string, string)>();
        foreach (var group in plane.Tables.Backends.GroupBy(b => (b.Namespace, b.Service)))
        {
            var entries = group.SelectMany(b => b.Endpoints).ToArray();
            present.Add(group.Key);
            _endpoints.WithLabels(group.Key.Namespace, group.Key.Service).Set(entries.Count(e => e.Endpoint.Eligible));
            _backendConnections.WithLabels(group.Key.Namespace, group.Key.Service).Set(entries.Select(e => e.State).Distinct().Sum(s => s.Load));
        }

        foreach (var labels in _endpoints.GetAllLabelValues().Where(l => !present.Contains((l[0], l[1]))).ToArray())
        {
            _endpoints.RemoveLabelled(labels);
            _backendConnections.RemoveLabelled(labels);
        }
    }

    private void CollectConfiguration(DataPlane plane, SyncStatus status)
    {
        _lastSuccess.Set(status.LastSuccess?.ToUnixTimeMilliseconds() / 1000.0 ?? 0);
        _revision.Set(status.Revision);
        _applyDuration.Set(status.LastDuration.TotalSeconds);
        _translations.IncTo(status.Translations);
        _failures.IncTo(status.Failures);
        var problems = (status.Result?.Problems ?? []).GroupBy(p => (p.Reason, p.Severity)).ToDictionary(g => g.Key, g => g.Count());
        foreach (var reason in Enum.GetValues<ProblemReason>())
        {
            foreach (var severity in Enum.GetValues<ProblemSeverity>())
            {
                _problems.WithLabels(Words.Kebab(reason.ToString()), Words.Kebab(severity.ToString())).Set(problems.GetValueOrDefault((reason, severity)));
            }
        }

        var inUse = new HashSet<(string, string)>();
        foreach (var (host, source, notAfter) in plane.Tables.Current.CertificateExpiries)
        {
            inUse.Add((host, source));
            _expiry.WithLabels(host, source).Set(notAfter.ToUnixTimeSeconds());
        }

        foreach (var labels in _expiry.GetAllLabelValues().Where(l => !inUse.Contains((l[0], l[1]))).ToArray())
        {
            _expiry.RemoveLabelled(labels);
        }
    }
}
