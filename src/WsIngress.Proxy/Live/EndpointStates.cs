using System.Collections.Immutable;
using WsIngress.Proxy.Balancing;
using WsIngress.Routing;

namespace WsIngress.Proxy.Live;

/// <summary>The live state of every pod by its namespace and key: what a slice says of a pod, its UID too, is its author's word, and no other namespace's.
/// One that left is kept until it is idle: it may come back into a slice. Not thread-safe.</summary>
/// <param name="changed">Hears of every pod whose phase has changed, under the caller's lock.</param>
/// <param name="time">The clock: pods that become ready begin slowly where that is asked for.</param>
internal sealed class EndpointStates(Action<EndpointState> changed, TimeProvider time)
{
    private readonly Dictionary<string, EndpointState> _states = new(StringComparer.Ordinal);
    private readonly HashSet<EndpointState> _left = [];

    /// <summary>Gives a backend these endpoints, each with its state.</summary>
    public void Set(BackendState backend, ImmutableArray<Endpoint> endpoints)
    {
        var before = backend.Current;
        var isKnown = backend.IsKnown;
        backend.IsKnown = true;
        if (before.Source == endpoints || before.Source.AsSpan().SequenceEqual(endpoints.AsSpan()))
        {
            return;
        }

        // The new ones first: a pod that stays must not seem to be gone for a moment.
        var next = new EndpointSet(endpoints, [.. endpoints.Select(endpoint => new EndpointEntry(endpoint, Take(backend.Namespace, endpoint, isKnown)))]);
        backend.Current = next;
        Leave(before);
        Judge(before);
        Judge(next);
    }

    /// <summary>A backend is gone, or has others in their place.</summary>
    public void Leave(EndpointSet endpoints)
    {
        foreach (var entry in endpoints.All)
        {
            entry.State.Terminating -= entry.Endpoint.Terminating ? 1 : 0;
            entry.State.Eligible -= entry.Endpoint.Eligible ? 1 : 0;
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

    /// <summary>Only where slices have changed: of a pod whose backend no route names any more nothing is known, and it keeps its sockets.</summary>
    private void Judge(EndpointSet endpoints)
    {
        foreach (var entry in endpoints.All)
        {
            var state = entry.State;
            var phase = state.Places == 0 ? PodPhase.Gone : state.Terminating > 0 ? PodPhase.Terminating : PodPhase.Serving;
            if (phase != state.Phase)
            {
                state.Phase = phase;
                changed(state);
            }
        }
    }

    private EndpointState Take(string ns, Endpoint endpoint, bool isWatched)
    {
        var key = $"{ns}/{endpoint.StateKey}";
        if (!_states.TryGetValue(key, out var state))
        {
            _states.Add(key, state = new(key));
        }

        state.Places++;
        state.Terminating += endpoint.Terminating ? 1 : 0;
        if (endpoint.Eligible && ++state.Eligible == 1 && isWatched)
        {
            // Of those that are there when a backend is first seen nobody knows since when.
            state.BecameReady(time.GetTimestamp());
        }

        return state;
    }
}
