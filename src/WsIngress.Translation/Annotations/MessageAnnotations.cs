using WsIngress.Routing;

namespace WsIngress.Translation.Annotations;

/// <summary>The part of the <see cref="AnnotationCatalogue"/> about what passes an open socket.</summary>
internal static class MessageAnnotations
{
    private const string Size = "a size such as `65536`, `64Ki`, `1Mi`, `2Gi` up to `1024Gi`, or `0` for no limit";

    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    internal static readonly Annotation<TimeSpan> PingInterval = new("websocket-ping-interval", DurationText.Between(TimeSpan.FromSeconds(1), Longest, zero: true))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1s` to `24h`, or `0` for none",
        Default = "0",
        Summary = "How often the ingress itself sends a Ping, at most a tenth earlier; the answer goes no further, and Pings of applications pass as they are.",
    };

    internal static readonly Annotation<TimeSpan> PingTimeout = new("websocket-ping-timeout", DurationText.Between(TimeSpan.FromSeconds(2), Longest, zero: false))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `2s` to `24h`",
        Default = DurationText.Format(MessagePolicy.None.PingTimeout),
        Summary = "A side of which nothing came for this long, a Ping unanswered among it, is dead; the socket ends with `ping-timeout`. If the interval is not shorter, twice the interval.",
    };

    internal static readonly Annotation<PingTarget> PingTo = new("websocket-ping-to", WordText.OneOf(
        ("both", PingTarget.Both),
        ("client", PingTarget.Client),
        ("pod", PingTarget.Pod)))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "`both`, `client`, `pod`",
        Default = "both",
        Summary = "Who gets the Pings of `websocket-ping-interval`.",
    };

    internal static readonly Annotation<long> MaxSize = new("websocket-max-message-size", SizeText.TryParse)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = Size,
        Default = "0",
        Summary = "Largest message of a client, over all its fragments, as it passes (compressed, if it is); one byte more ends the socket with 1009.",
    };

    internal static readonly Annotation<long> MaxSizeFromPod = new("websocket-max-message-size-from-pod", SizeText.TryParse)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = Size,
        Default = "0",
        Summary = "The same for messages of pods: the pod gets 1009, the client 1011.",
    };

    internal static readonly Annotation<double> Rate = new("websocket-message-rate", RateText.TryParse)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = RateText.Allowed,
        Default = "0",
        Summary = "Messages of one socket's client; Pings, Pongs and Close frames are not counted.",
    };

    internal static readonly Annotation<int> Burst = new("websocket-message-burst", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a number from `1` to `1000000000`, or `0` for one second's worth",
        Default = "0",
        Summary = "Messages at once after a rest; one second's worth of `websocket-message-rate` if not set.",
    };

    internal static readonly Annotation<long> ByteRate = new("websocket-byte-rate", SizeText.TryParse)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "bytes per second, such as `65536`, `64Ki`, `1Mi`, up to `1024Gi`, or `0` for no limit",
        Default = "0",
        Summary = "Bytes per second of one socket's client, in data frames; one second's worth may come at once.",
    };

    internal static readonly Annotation<RateExceeded> RateExceeded = new("websocket-rate-exceeded", WordText.OneOf(
        ("delay", Routing.RateExceeded.Delay),
        ("close", Routing.RateExceeded.Close)))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "`delay`, `close`",
        Default = "delay",
        Summary = "What becomes of a client above `websocket-message-rate` or `websocket-byte-rate`: it is read more slowly, or its socket ends with 1008.",
    };

    internal static readonly Annotation<TimeSpan> StallTimeout = new("websocket-slow-consumer-timeout", DurationText.Between(TimeSpan.FromSeconds(1), Longest, zero: true))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1s` to `24h`, or `0` for none",
        Default = "0",
        Summary = "A side that takes no byte for this long, although some wait for it, loses its socket with `slow-consumer` (1013); until then the other side is held back.",
    };

    /// <summary>Why one of them does nothing, in words behind its name.</summary>
    internal static IEnumerable<(Annotation Annotation, string Why)> WithoutEffect(AnnotationSet set)
    {
        var interval = set.Get(PingInterval, TimeSpan.Zero);
        if (interval == TimeSpan.Zero)
        {
            yield return (PingTimeout, $"without {PingInterval.Name} it has no effect");
            yield return (PingTo, $"without {PingInterval.Name} it has no effect");
        }
        else if (set.Get(PingTimeout, MessagePolicy.None.PingTimeout) <= interval)
        {
            yield return (PingTimeout, $"it is not longer than {PingInterval.Name}, so twice that interval is in force: {DurationText.Format(interval * 2)}");
        }

        var rate = set.Get(Rate, 0);
        if (rate == 0)
        {
            yield return (Burst, $"without {Rate.Name} it has no effect");
        }

        if (rate == 0 && set.Get(ByteRate, 0) == 0)
        {
            yield return (RateExceeded, $"without {Rate.Name} or {ByteRate.Name} it has no effect");
        }
    }
}
