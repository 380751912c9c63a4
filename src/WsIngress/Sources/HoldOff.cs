namespace WsIngress.Sources;

/// <summary>
/// Waits for calm: due <paramref name="quiet"/> after the last touch, and at the latest <paramref name="maximum"/> after the first.
/// Holds no timer; the owner asks <see cref="Remaining"/> and waits itself.
/// </summary>
internal struct HoldOff(TimeProvider time, TimeSpan quiet, TimeSpan maximum)
{
    private long _first;
    private long _last;

    public bool Pending { get; private set; }

    public void Touch()
    {
        _last = time.GetTimestamp();
        if (!Pending)
        {
            _first = _last;
            Pending = true;
        }
    }

    public void Clear() => Pending = false;

    /// <summary>Time until due, zero when due now, <see cref="Timeout.InfiniteTimeSpan"/> when nothing is pending.</summary>
    public readonly TimeSpan Remaining()
    {
        if (!Pending)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var byQuiet = quiet - time.GetElapsedTime(_last);
        var byMaximum = maximum - time.GetElapsedTime(_first);
        var remaining = byQuiet < byMaximum ? byQuiet : byMaximum;
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }
}
