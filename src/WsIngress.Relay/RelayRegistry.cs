using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace WsIngress.Relay;

/// <summary>
/// Every live session. Walking it takes no lock and stops no traffic: a session that comes or goes meanwhile may or may not be met.
/// </summary>
public sealed class RelayRegistry : IEnumerable<RelaySession>
{
    private readonly ConcurrentDictionary<string, RelaySession> _sessions = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Live sessions; a plain read.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>False if the id is taken.</summary>
    public bool Add(RelaySession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!_sessions.TryAdd(session.Id, session))
        {
            return false;
        }

        Interlocked.Increment(ref _count);
        return true;
    }

    /// <summary>False if this very session was not there.</summary>
    public bool Remove(RelaySession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!_sessions.TryRemove(KeyValuePair.Create(session.Id, session)))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        return true;
    }

    public bool TryFind(string id, [NotNullWhen(true)] out RelaySession? session)
    {
        return _sessions.TryGetValue(id, out session);
    }

    public IEnumerator<RelaySession> GetEnumerator()
    {
        foreach (KeyValuePair<string, RelaySession> entry in _sessions)
        {
            yield return entry.Value;
        }
    }

    IEnumerator IEnumerable.GetEnumerator()
    {
        return GetEnumerator();
    }
}
