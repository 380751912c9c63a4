namespace WsIngress.Proxy.Admission;

/// <summary>
/// A token bucket whose rate and size are told anew with every question, so that it outlives changes of both. It begins full. For any thread.
/// </summary>
internal sealed class PaceBucket
{
    /// <summary>What rounding may take from a whole token.</summary>
    private const double Whole = 0.999;

    private readonly Lock _gate = new();
    private double _tokens = double.PositiveInfinity;
    private long _filled;

    /// <summary>Takes a token if there is one.</summary>
    public bool TryTake(in PaceNow pace)
    {
        lock (_gate)
        {
            if (Fill(pace) < Whole)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }

    /// <summary>Puts back a token that nobody used; what is above the size is lost at the next question.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            _tokens++;
        }
    }

    /// <summary>Until there is a token; zero when there is one.</summary>
    public TimeSpan UntilNext(in PaceNow pace)
    {
        lock (_gate)
        {
            var missing = Whole - Fill(pace);
            return missing <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(missing / pace.Rate, TimeSpan.MaxValue.TotalSeconds / 2));
        }
    }

    public bool IsFull(in PaceNow pace)
    {
        lock (_gate)
        {
            return Fill(pace) >= pace.Capacity;
        }
    }

    private double Fill(in PaceNow pace)
    {
        // Another thread may have read the clock a moment later and asked a moment before.
        _tokens = Math.Min(pace.Capacity, _tokens + (Math.Max(0, pace.Time.GetElapsedTime(_filled, pace.Now).TotalSeconds) * pace.Rate));
        _filled = Math.Max(_filled, pace.Now);
        return _tokens;
    }
}

/// <summary>A pace at one moment.</summary>
/// <param name="Rate">Tokens per second, above zero.</param>
/// <param name="Capacity">Size of the bucket, at least one.</param>
/// <param name="Now">Timestamp of the clock.</param>
/// <param name="Time">The clock.</param>
internal readonly record struct PaceNow(double Rate, double Capacity, long Now, TimeProvider Time);
