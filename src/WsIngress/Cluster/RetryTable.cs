using System.Collections.Concurrent;

namespace WsIngress.Cluster;

/// <summary>When something that failed may be tried again: doubling from <c>first</c> to <c>longest</c>, each key for itself. Thread-safe.</summary>
internal sealed class RetryTable<TKey>(TimeProvider time, TimeSpan first, TimeSpan longest)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, (int Failures, long Since, TimeSpan Wait)> _failed = new();

    /// <summary>Zero when it may be tried now.</summary>
    public TimeSpan Remaining(TKey key)
    {
        if (!_failed.TryGetValue(key, out var failed))
        {
            return TimeSpan.Zero;
        }

        var left = failed.Wait - time.GetElapsedTime(failed.Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Failures of requests that went out before the wait began do not make it longer.</summary>
    /// <param name="key">What failed.</param>
    /// <param name="asked">What the server asked for; counts up to <c>longest</c>.</param>
    /// <returns>The wait.</returns>
    public TimeSpan Fail(TKey key, TimeSpan? asked = null) => _failed.AddOrUpdate(
        key,
        _ => (1, time.GetTimestamp(), Wait(1, asked)),
        (_, last) => time.GetElapsedTime(last.Since) < last.Wait ? last : (last.Failures + 1, time.GetTimestamp(), Wait(last.Failures + 1, asked))).Wait;

    public void Succeed(TKey key)
    {
        if (!_failed.IsEmpty)
        {
            _failed.TryRemove(key, out _);
        }
    }

    /// <summary>Forgets what no longer exists.</summary>
    public void Keep(Func<TKey, bool> exists)
    {
        foreach (var key in _failed.Keys.Where(key => !exists(key)))
        {
            _failed.TryRemove(key, out _);
        }
    }

    private TimeSpan Wait(int failures, TimeSpan? asked)
    {
        var wait = first * Math.Pow(2, Math.Min(failures - 1, 20));
        wait = asked > wait ? asked.Value : wait;
        return wait < longest ? wait : longest;
    }
}
