namespace WsIngress.Proxy.Balancing;

/// <summary>The weights of pods at one moment, lowered for those that have just become ready; <c>default</c> lowers none.</summary>
internal readonly struct PodShares
{
    private readonly TimeSpan _slowStart;
    private readonly long _now;
    private readonly TimeProvider? _time;

    private PodShares(TimeSpan slowStart, long now, TimeProvider time) => (_slowStart, _now, _time) = (slowStart, now, time);

    /// <summary>Some pod has less than its weight.</summary>
    public bool AreUneven => _time is not null;

    public static PodShares At(TimeSpan slowStart, TimeProvider time, EndpointEntry[] candidates)
    {
        if (slowStart <= TimeSpan.Zero)
        {
            return default;
        }

        var now = time.GetTimestamp();
        foreach (var candidate in candidates)
        {
            if (candidate.State.Warmth(slowStart, now, time) < 1)
            {
                return new(slowStart, now, time);
            }
        }

        return default;
    }

    /// <summary>The weight, in hundredths where shares are uneven.</summary>
    public long Of(EndpointEntry pod) =>
        _time is null ? pod.Endpoint.Weight : Math.Max(1, (long)(pod.Endpoint.Weight * 100 * pod.State.Warmth(_slowStart, _now, _time)));
}
