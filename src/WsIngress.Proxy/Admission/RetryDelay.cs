namespace WsIngress.Proxy.Admission;

/// <summary>
/// Seconds for the <c>Retry-After</c> of a 503. Drawn anew for every client, from a range that grows with their number: those who were refused together
/// must not come back together. For any thread.
/// </summary>
internal sealed class RetryDelay(Random random, TimeProvider time)
{
    /// <summary>Whoever waits longer than that has given up, or asks somebody.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Refused clients that may come back in a second where nothing says how many there is room for: what that costs is not felt.</summary>
    private const double ReturnsPerSecond = 100;

    private readonly Lock _gate = new();
    private double _expected;
    private long _at = time.GetTimestamp();

    /// <summary>Where nobody knows when it will be better: as if a hundred a second were welcome.</summary>
    public int Draw()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var before = Math.Max(0, _expected - (time.GetElapsedTime(_at, now).TotalSeconds * ReturnsPerSecond));
            _expected = Math.Min(before + 1, ReturnsPerSecond * Longest.TotalSeconds);
            _at = now;
            return From(TimeSpan.FromSeconds(_expected / ReturnsPerSecond));
        }
    }

    /// <summary>From one second to as many as it takes to serve those who are before this one: at least two, at most <see cref="Longest"/>.</summary>
    public int Draw(TimeSpan clears)
    {
        lock (_gate)
        {
            return From(clears);
        }
    }

    private int From(TimeSpan clears) => 1 + random.Next((int)Math.Ceiling(Math.Clamp(clears.TotalSeconds, 2, Longest.TotalSeconds)));
}
