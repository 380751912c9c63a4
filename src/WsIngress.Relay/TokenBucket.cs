namespace WsIngress.Relay;

/// <summary>So many a second, and after a rest as many at once as the bucket holds. Not for several threads at a time.</summary>
internal struct TokenBucket
{
    private readonly double _perTick;
    private readonly double _capacity;
    private double _level;
    private long _filledAt;

    public TokenBucket(double perSecond, double capacity, long now, long frequency)
    {
        _perTick = perSecond / frequency;
        (_capacity, _level, _filledAt) = (capacity, capacity, now);
    }

    /// <summary>Takes tokens that may not be there: the next ones wait for it.</summary>
    public void Spend(double tokens)
    {
        _level -= tokens;
    }

    public bool TryTake(long now)
    {
        Fill(now);
        if (_level < 1)
        {
            return false;
        }

        _level--;
        return true;
    }

    /// <summary>Ticks of the clock until so many tokens are there; 0 if they are.</summary>
    public long Until(double tokens, long now)
    {
        Fill(now);
        return _level >= tokens ? 0 : (long)Math.Ceiling((tokens - _level) / _perTick);
    }

    private void Fill(long now)
    {
        _level = Math.Min(_capacity, _level + (Math.Max(0, now - _filledAt) * _perTick));
        _filledAt = Math.Max(_filledAt, now);
    }
}
