namespace WsIngress.Cluster.Election;

/// <summary>
/// One term as leader. It ends by itself when the last successful renewal was sent too long ago, whatever the one who renews is doing;
/// a term that ended stays ended. Whoever writes as leader asks before every write and passes <see cref="Ended"/> to it.
/// </summary>
internal sealed class Leadership : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly CancellationTokenSource _ended;
    private long _renewed;

    /// <param name="renewed">When the request that made us leader was sent; not when it was answered, since the server may have counted from any moment between.</param>
    /// <param name="deadline">Longest time from one renewal to the next; infinite for a leader without a Lease.</param>
    /// <param name="time">Its timestamps alone count. The wall clock may jump.</param>
    public Leadership(long renewed, TimeSpan deadline, TimeProvider time)
    {
        (_renewed, _deadline, _time) = (renewed, deadline, time);
        _ended = new(Remaining, time);
    }

    /// <summary>Cancelled at the end of the term.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>False from the end on. It reads the clock: after a pause of the process it is right before any timer is.</summary>
    public bool Holds
    {
        get
        {
            if (_ended.IsCancellationRequested)
            {
                return false;
            }

            if (Remaining == TimeSpan.Zero)
            {
                End();
                return false;
            }

            return true;
        }
    }

    /// <summary>Until it ends by itself; infinite for a leader without a Lease.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (_deadline == Timeout.InfiniteTimeSpan)
            {
                return _deadline;
            }

            var left = _deadline - _time.GetElapsedTime(Interlocked.Read(ref _renewed));
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <exception cref="OperationCanceledException">The term is over.</exception>
    public void ThrowIfOver()
    {
        if (!Holds)
        {
            throw new OperationCanceledException("the leadership is over", Ended);
        }
    }

    /// <summary>The Lease was renewed by a request sent at <paramref name="sent"/>. Comes too late when the term has ended.</summary>
    public void Renew(long sent)
    {
        if (Holds)
        {
            Interlocked.Exchange(ref _renewed, sent);
            _ended.CancelAfter(Remaining);
        }
    }

    public void End() => _ended.Cancel();

    public void Dispose() => _ended.Dispose();
}
