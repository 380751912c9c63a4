namespace WsIngress.Cluster;

/// <summary>Lets <c>burst</c> through at once and <c>perSecond</c> in the long run. Thread-safe.</summary>
internal sealed class TokenBucket(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = burst;
    private long _counted = time.GetTimestamp();

    /// <summary>True when one was left, and takes it.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            Fill();
            if (_tokens < 0.999)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }

    /// <summary>Takes one and waits for it in turn.</summary>
    public Task TakeAsync(CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_lock)
        {
            Fill();
            _tokens--;

            // What is left by rounding is no reason to set a timer.
            wait = _tokens > -0.001 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / perSecond);
        }

        return wait == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time, cancellation);
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_counted, now).TotalSeconds * perSecond));
        _counted = now;
    }
}
