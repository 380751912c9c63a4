namespace WsIngress.Cluster;

/// <summary>Waits that double from failure to failure, with jitter, so that many clients of one server do not come back together.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time, Random random)
{
    /// <summary>What a server may ask for at most by Retry-After.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(2);

    private int _step;

    public void Reset() => _step = 0;

    /// <summary>The next wait: between half and all of the present step, and never below what the server asked for.</summary>
    public TimeSpan Next(TimeSpan? asked = null)
    {
        var whole = first * Math.Pow(2, _step);
        whole = whole < longest ? whole : longest;
        _step = Math.Min(_step + 1, 30);
        var wait = whole * (0.5 + (random.NextDouble() / 2));
        var floor = asked is { } given && given > TimeSpan.Zero ? given : TimeSpan.Zero;
        floor = floor < LongestAsked ? floor : LongestAsked;
        return wait > floor ? wait : floor;
    }

    public Task WaitAsync(TimeSpan? asked, CancellationToken cancellation) => Task.Delay(Next(asked), time, cancellation);
}
