namespace WsIngress.Relay;

/// <summary>One tick per second for all sessions of a registry whose drivers keep no time themselves; no socket has a timer of its own while it is open.</summary>
public sealed class RelaySweeper : IDisposable
{
    /// <summary>The time between two sweeps: timeouts are met this exactly.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly RelayRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _sweeping;

    /// <summary>Starts to sweep. <paramref name="time"/> must be the clock of the sessions.</summary>
    public RelaySweeper(RelayRegistry registry, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(time);
        _registry = registry;
        _time = time;
        _timer = time.CreateTimer(static state => ((RelaySweeper)state!).Sweep(), this, Interval, Interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
    }

    private void Sweep()
    {
        // A timer fires again although the last sweep still runs; Check wants one thread at a time.
        if (Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return;
        }

        try
        {
            long now = _time.GetTimestamp();
            foreach (RelaySession session in _registry)
            {
                if (!session.KeepsTime)
                {
                    session.Check(now);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }
}
