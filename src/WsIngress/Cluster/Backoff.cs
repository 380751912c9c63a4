namespace WsIngress.Cluster;

/// <summary>Waits that double from failure to failure, with jitter, so that many clients of one server do not come back together.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time, Random random)
{
    private readonly TimeSpan _first = first;
    /// <summary>What a server may ask for at most by Retry-After.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(2);

    private TimeSpan _next = first;

    public void Reset() => _next = _first;

    /// <summary>The next wait: between half and all of the present step, and never below what the server asked for.</summary>
    public TimeSpan Next(TimeSpan? asked = null)
    {
        var wait = _next * (0.5 + (random.NextDouble() / 2));
        _next = _next * 2 < longest ? _next * 2 : longest;
        var floor = asked is { } given && given > TimeSpan.Zero ? given : TimeSpan.Zero;
        floor = floor < LongestAsked ? floor : LongestAsked;
        return wait > floor ? wait : floor;
    }

    public Task WaitAsync(TimeSpan? asked, CancellationToken cancellation) => Task.Delay(Next(asked), time, cancellation);
}
