using System.Globalization;
using WsIngress.Routing;

namespace WsIngress.Translation.Annotations;

/// <summary>The annotations of <see cref="AnnotationCatalogue"/> that say whose new sockets are let in, and how fast. It reads this class, so nothing of it is read here.</summary>
internal static class AdmissionAnnotations
{
    private const AnnotationTargets Pods = AnnotationTargets.Ingress | AnnotationTargets.Service;
    private const string AnyCount = "a number from `1` to `1000000000`, or `0` for no limit";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    internal static readonly Annotation<TimeSpan> SlowStart = new("slow-start", DurationText.Between(Tick, TimeSpan.FromHours(24), zero: true))
    {
        Group = AnnotationGroup.Balancing,
        Targets = Pods,
        Allowed = "a duration from `1ms` to `24h`, or `0` for none",
        Default = "0",
        Summary = "A pod that has just become ready begins with a tenth of its weight and of `websocket-handshake-rate-per-pod`, and has all of it after this time.",
    };

    internal static readonly Annotation<int> MaxConnectionsPerKey = new("max-connections-per-key", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = AnyCount,
        Default = "0",
        Summary = "Most open sockets of the Ingress on each replica with the same `connection-key`.",
    };

    internal static readonly Annotation<HashKey> ConnectionKey = new("connection-key", WordText.ConnectionKey)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "`client-ip`, `header:NAME`, `cookie:NAME`, `query:NAME`",
        Default = "client-ip",
        Summary = "What `max-connections-per-key` counts by; a handshake without it counts for its client's address.",
    };

    internal static readonly Annotation<double> HandshakeRate = new("websocket-handshake-rate", RateText.TryParse)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = RateText.Allowed,
        Default = "0",
        Summary = "New WebSockets of the Ingress through each replica; plain HTTP is not counted.",
    };

    internal static readonly Annotation<double> HandshakeRatePerPod = new("websocket-handshake-rate-per-pod", RateText.TryParse)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = RateText.Allowed,
        Default = "0",
        Summary = "New WebSockets of one pod from each replica; a pod that has had its share is passed over, and when all have, handshakes wait.",
    };

    internal static readonly Annotation<int> HandshakeBurst = new("websocket-handshake-burst", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = "a number from `1` to `1000000000`, or `0` for one second's worth",
        Default = "0",
        Summary = "New WebSockets at once after a quiet time, for each of the two rates; one second's worth of the rate if not set.",
    };

    internal static readonly Annotation<int> HandshakeQueue = new("websocket-handshake-queue", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = "a number from `0` (none) to `1000000000`",
        Default = HandshakePace.None.Queue.ToString(CultureInfo.InvariantCulture),
        Summary = "Handshakes that may wait for a rate at the same time; one more gets 503 with `Retry-After`, and so does one that would wait in vain.",
    };

    internal static readonly Annotation<TimeSpan> HandshakeQueueTimeout = new("websocket-handshake-queue-timeout", DurationText.Between(Tick, TimeSpan.FromMinutes(10), zero: false))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = "a duration from `1ms` to `10m`",
        Default = DurationText.Format(HandshakePace.None.QueueTimeout),
        Summary = "Longest wait of a handshake for a rate, never longer than `websocket-handshake-timeout`; then 503 with `Retry-After`.",
    };
}
