using System.Collections.Immutable;
using WsIngress.Proxy.Balancing;
using WsIngress.Routing;

namespace WsIngress.Proxy.Live;

/// <summary>The live state of every pod by its key. One that left is kept until it is idle: it may come back into a slice. Not thread-safe.</summary>
internal sealed class EndpointStates
{
    private readonly Dictionary<string, EndpointState> _states = new(StringComparer.Ordinal);
    private readonly HashSet<EndpointState> _left = [];

    /// <summary>Gives a backend these endpoints, each with its state.</summary>
    public void Set(BackendState backend, ImmutableArray<Endpoint> endpoints)
    {
        var before = backend.Current;
        if (before.Source == endpoints || before.Source.AsSpan().SequenceEqual(endpoints.AsSpan()))
        {
            return;
        }

        backend.Current = new(endpoints, [.. endpoints.Select(endpoint => new EndpointEntry(endpoint, Take(endpoint.StateKey)))]);
        Leave(before);
    }

    /// <summary>A backend is gone, or has others in their place.</summary>
    public void Leave(EndpointSet endpoints)
    {
        foreach (var entry in endpoints.All)
        {
            if (--entry.State.Places == 0)
            {
                _left.Add(entry.State);
            }
        }
    }

    /// <summary>Forgets pods that are in no backend and have nothing open.</summary>
    public void Forget()
    {
        if (_left.Count == 0)
        {
            return;
        }

        foreach (var state in _left)
        {
            if (state.Places == 0 && state.Load == 0)
            {
                _states.Remove(state.Key);
            }
        }

        _left.RemoveWhere(state => state.Places > 0 || !_states.ContainsKey(state.Key));
    }

    private EndpointState Take(string key)
    {
        if (!_states.TryGetValue(key, out var state))
        {
            _states.Add(key, state = new(key));
        }

        state.Places++;
        return state;
    }
}
