using WsIngress.Routing;

namespace WsIngress.Translation.Annotations;

/// <summary>The part of the <see cref="AnnotationCatalogue"/> about how fast sockets may come.</summary>
internal static class AdmissionAnnotations
{
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
        Targets = AnnotationCatalogue.Pods,
        Allowed = RateText.Allowed,
        Default = "0",
        Summary = "New WebSockets of one pod from each replica; a pod that has had its share is passed over, and when all have, handshakes wait.",
    };

    internal static readonly Annotation<int> HandshakeBurst = new("websocket-handshake-burst", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationCatalogue.Pods,
        Allowed = "a number from `1` to `1000000000`, or `0` for one second's worth",
        Default = "0",
        Summary = "New WebSockets at once after a quiet time, for each of the two rates; one second's worth of the rate if not set.",
    };

    internal static readonly Annotation<int> HandshakeQueue = new("websocket-handshake-queue", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationCatalogue.Pods,
        Allowed = "a number from `0` (none) to `1000000000`",
        Default = HandshakePace.None.Queue.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Summary = "Handshakes that may wait for a rate at the same time; one more gets 503 with `Retry-After`, and so does one that would wait in vain.",
    };

    internal static readonly Annotation<TimeSpan> HandshakeQueueTimeout = new("websocket-handshake-queue-timeout", DurationText.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10), zero: false))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationCatalogue.Pods,
        Allowed = "a duration from `1ms` to `10m`",
        Default = DurationText.Format(HandshakePace.None.QueueTimeout),
        Summary = "Longest wait of a handshake for a rate, never longer than `websocket-handshake-timeout`; then 503 with `Retry-After`.",
    };

    internal static readonly Annotation<TimeSpan> SlowStart = new("slow-start", DurationText.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(24), zero: true))
    {
        Group = AnnotationGroup.Balancing,
        Targets = AnnotationCatalogue.Pods,
        Allowed = "a duration from `1ms` to `24h`, or `0` for none",
        Default = "0",
        Summary = "A pod that has just become ready begins with a tenth of its weight and of `websocket-handshake-rate-per-pod`, and has all of it after this time.",
    };
}
