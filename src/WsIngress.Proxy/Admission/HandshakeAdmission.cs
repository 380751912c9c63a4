using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;

namespace WsIngress.Proxy.Admission;

/// <summary>
/// Lets new WebSockets in at the pace of their Ingress and of their pods, so that clients that come back all at once do not fell what they come back to.
/// State exists only where a pace is set, belongs to the Ingress and to the pod, and outlives every change of the table. For any thread.
/// </summary>
internal sealed class HandshakeAdmission(Random random, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RouteOwner, IngressGate> _ingresses = [];
    private readonly Dictionary<(BackendState, BackendPolicy), HandshakeQueue> _pods = [];
    private int _mostKept = 64;

    /// <summary>Waits for the turn of an Ingress that has a pace. Null when it has come; what it took is then in <paramref name="turn"/>.</summary>
    /// <param name="call">The handshake; its limit has begun.</param>
    /// <param name="route">Whose pace it is.</param>
    /// <param name="limit">Ends the wait.</param>
    /// <param name="turn">To be given back when no pod was asked.</param>
    public ValueTask<HandshakeRefused?> EnterAsync(HandshakeCall call, RouteState route, HandshakeLimit limit, out HandshakeTurn turn)
    {
        var pace = route.Policy.WebSocket.Pace;
        IngressGate gate;
        lock (_gate)
        {
            if (!_ingresses.TryGetValue(route.Route.Owner, out gate!))
            {
                Forget();
                _ingresses.Add(route.Route.Owner, gate = new(time));
            }

            gate.Pace = pace;
        }

        turn = new IngressTurn(gate, pace, time);
        return EnterAsync(call, gate.Queue, pace, turn, limit);
    }

    /// <summary>A choice of pods for one handshake.</summary>
    public PodTurn PodsFor(HandshakeCall call, RouteBackend backend, string? affinity) =>
        new(backend, affinity, PickKey.Hash(backend.Policy, call.Forwarded.ClientAddress, call.Target, call.Client.Headers.Get), random, time);

    /// <summary>Takes the next pod, and waits for it where the backend has a pace. <see cref="TurnOutcome.Taken"/> or <see cref="TurnOutcome.Never"/>, or else a refusal.</summary>
    public ValueTask<(TurnOutcome Outcome, HandshakeRefused? Refused)> NextPodAsync(HandshakeCall call, RouteBackend backend, PodTurn turn, HandshakeLimit limit) =>
        backend.Policy.Pace.IsOn ? WaitForPodAsync(call, backend, turn, limit) : new((turn.Take(time.GetTimestamp()), null));

    /// <summary>Handshakes that wait, by Ingress and Service; a snapshot.</summary>
    public IEnumerable<(RouteOwner Owner, string Service, int Count)> Waiting()
    {
        HandshakeQueue[] queues;
        lock (_gate)
        {
            queues = [.. _ingresses.Values.Select(ingress => ingress.Queue), .. _pods.Values];
        }

        return queues.SelectMany(queue => queue.Waiting.OfType<HandshakeCall>())
            .GroupBy(call => (call.Route!.Route.Owner, Service: call.Backend!.Backend.Service))
            .Select(group => (group.Key.Owner, group.Key.Service, group.Count()));
    }

    private async ValueTask<HandshakeRefused?> EnterAsync(HandshakeCall call, HandshakeQueue queue, HandshakePace pace, HandshakeTurn turn, HandshakeLimit limit)
    {
        var answer = await TakeAsync(call, queue, pace, turn, limit);
        return answer.Outcome == TurnOutcome.Taken ? null : Refuse(call, answer, limit, "too many new WebSockets at once for this Ingress, come back later");
    }

    private async ValueTask<(TurnOutcome, HandshakeRefused?)> WaitForPodAsync(HandshakeCall call, RouteBackend backend, PodTurn turn, HandshakeLimit limit)
    {
        // An attempt that was given up has cancelled its own token; this wait has the time of the handshake.
        limit.EndConnect();
        var answer = await TakeAsync(call, QueueOf(backend), backend.Policy.Pace, turn, limit);
        return answer.Outcome is TurnOutcome.Taken or TurnOutcome.Never
            ? (answer.Outcome, null)
            : (answer.Outcome, Refuse(call, answer, limit, "too many new WebSockets at once for every pod, come back later"));
    }

    private async ValueTask<TurnAnswer> TakeAsync(HandshakeCall call, HandshakeQueue queue, HandshakePace pace, HandshakeTurn turn, HandshakeLimit limit)
    {
        var cancellation = limit.Token;
        var began = time.GetTimestamp();
        turn.Deadline = began + (long)(WaitLeft(call, pace).TotalSeconds * time.TimestampFrequency);
        var answer = await queue.TakeAsync(turn, pace, call, call.Tries > 0, call.Loop is { IsCurrent: true } loop ? loop : null, cancellation);
        call.Waited += time.GetElapsedTime(began);
        if (answer.Outcome == TurnOutcome.Taken && cancellation.IsCancellationRequested)
        {
            // The turn came in the moment in which the client left: it is the next one's.
            turn.GiveBack();
            queue.Look();
            answer = new(TurnOutcome.Cancelled);
        }

        // Where its own time has ended it waited in vain, and is told to come back like all who do.
        return answer.Outcome == TurnOutcome.Cancelled && limit.End != HandshakeEnd.ClientGone ? queue.Refuse(turn) : answer;
    }

    private static HandshakeRefused Refuse(HandshakeCall call, TurnAnswer answer, HandshakeLimit limit, string text) =>
        answer.Outcome == TurnOutcome.Cancelled && limit.End == HandshakeEnd.ClientGone
            ? throw new OperationCanceledException(limit.Token)
            : call.Refuse(503, HandshakeRefusal.HandshakeRate, text, clears: answer.Clears);

    /// <summary>Handshakes under the same terms for the same pods wait in one queue.</summary>
    private HandshakeQueue QueueOf(RouteBackend backend)
    {
        lock (_gate)
        {
            if (!_pods.TryGetValue((backend.Backend, backend.Policy), out var queue))
            {
                Forget();
                _pods.Add((backend.Backend, backend.Policy), queue = new(time));
            }

            return queue;
        }
    }

    /// <summary>Ingresses and backends go, and nobody tells: what is idle is dropped when there is much of it.</summary>
    private void Forget()
    {
        if (_ingresses.Count + _pods.Count < _mostKept)
        {
            return;
        }

        foreach (var (owner, _) in _ingresses.Where(entry => entry.Value.IsIdle).ToArray())
        {
            _ingresses.Remove(owner);
        }

        foreach (var (key, _) in _pods.Where(entry => entry.Value.IsIdle).ToArray())
        {
            _pods.Remove(key);
        }

        _mostKept = Math.Max(64, (_ingresses.Count + _pods.Count) * 2);
    }

    /// <summary>One wait is allowed for all turns together; what a pod takes to be asked is no wait, and none is longer than the handshake itself may take.</summary>
    private static TimeSpan WaitLeft(HandshakeCall call, HandshakePace pace)
    {
        var most = call.Route!.Policy.WebSocket.HandshakeTimeout;
        var wait = most > TimeSpan.Zero && most < pace.QueueTimeout ? most : pace.QueueTimeout;
        return wait > call.Waited ? wait - call.Waited : TimeSpan.Zero;
    }
}
