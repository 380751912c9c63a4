using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Relaying;

namespace WsIngress.Proxy.Listening;

/// <summary>Runs the relay of every accepted handshake, knows all open sockets, and drains them when the process is to end.</summary>
internal sealed class SocketRelays(IProxyTelemetry telemetry, TimeProvider time) : ISocketRelayOwner, IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource _abort = new();
    private RelaySweeper? _sweeper;
    private volatile bool _draining;
    private int _handled;

    public RelayRegistry Registry { get; } = new();

    public bool IsDraining => _draining;

    /// <summary>A handshake begins; a drain waits for it and for what becomes of it.</summary>
    public void Enter() => Interlocked.Increment(ref _handled);

    public void Leave() => Interlocked.Decrement(ref _handled);

    public void Start() => _sweeper = new RelaySweeper(Registry, time);

    /// <summary>Relays two bare sockets of a loop from now on; on the loop's thread. They and the pod's slot are given back at the end.</summary>
    public void Start(EventLoop loop, SocketFacts facts, RequestFacts request, BareSocket client, BareSocket pod, ReadOnlySpan<byte> earlyFromClient, ReadOnlySpan<byte> earlyFromPod)
    {
        Enter();
        var session = new RelaySession(facts.Id, OptionsOf(facts.Route), time, facts);
        Registry.Add(session);
        telemetry.SocketOpened(facts, request);
        SocketRelay.Start(loop, session, client, pod, earlyFromClient, earlyFromPod, this);
        if (_abort.IsCancellationRequested)
        {
            session.Cut();
        }
    }

    void ISocketRelayOwner.Ended(RelaySession session, RelayReport report)
    {
        // As below: first the load, then the telling.
        var facts = (SocketFacts)session.Tag!;
        Registry.Remove(session);
        facts.Endpoint.State.SocketReturned();
        try
        {
            telemetry.SocketClosed(facts, report);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Relays until the socket has ended and tells both ends of its life.</summary>
    /// <param name="open">Both sides.</param>
    /// <param name="endClientWrites">Ends the client's half alone where its HTTP version can; else null.</param>
    public async Task RunAsync(OpenSocket open, Func<Task>? endClientWrites)
    {
        var (facts, client, pod) = open;
        await using var held = pod;
        var session = new RelaySession(facts.Id, OptionsOf(facts.Route), time, facts);
        Registry.Add(session);
        RelayReport report;
        try
        {
            telemetry.SocketOpened(facts, open.TakeRequest());
            report = await StreamRelay.RunAsync(
                session,
                new RelayEnd(client, endClientWrites is null ? null : () => new ValueTask(endClientWrites())),
                new RelayEnd(pod.Stream, pod.ShutdownWriteAsync),
                open.TakeEarly(),
                pod.TakeEarly(),
                _abort.Token);
        }
        finally
        {
            // Before anybody hears of the end: who then looks at the pod's load must not find this socket in it.
            Registry.Remove(session);
            await pod.DisposeAsync();
        }

        telemetry.SocketClosed(facts, report);
    }

    /// <summary>
    /// Closes all sockets with 1001, evenly over the window and in random order, then waits. True when nothing is left; false when
    /// the deadline, counted from now, or <paramref name="force"/> came first: then what is left is cut.
    /// </summary>
    public async Task<bool> DrainAsync(TimeSpan window, TimeSpan deadline, Func<bool> httpIsIdle, CancellationToken force)
    {
        _draining = true;
        using var limit = new CancellationTokenSource(deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, force);
        try
        {
            await CloseEvenlyAsync(window < deadline ? window : deadline, stop.Token);
            while (Volatile.Read(ref _handled) > 0 || !httpIsIdle())
            {
                // A handshake that was under way when the drain began opens its socket now.
                foreach (var session in Registry)
                {
                    session.RequestEnd(RelayOutcome.ProxyShutdown);
                }

                await Task.Delay(Poll, time, stop.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            await AbortAsync();
            return false;
        }
    }

    /// <summary>Cuts every socket.</summary>
    public async Task AbortAsync()
    {
        await _abort.CancelAsync();
        foreach (var session in Registry)
        {
            session.Cut();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await AbortAsync();
        _sweeper?.Dispose();
        _abort.Dispose();
    }

    private async Task CloseEvenlyAsync(TimeSpan window, CancellationToken stop)
    {
        var sessions = Registry.ToArray();
        Random.Shared.Shuffle(sessions);
        var started = time.GetTimestamp();
        for (var i = 0; i < sessions.Length; i++)
        {
            var due = window * ((double)i / sessions.Length);
            var wait = due - time.GetElapsedTime(started);
            if (wait > TimeSpan.FromMilliseconds(1))
            {
                if (Registry.Count == 0)
                {
                    return;
                }

                await Task.Delay(wait, time, stop);
            }

            sessions[i].RequestEnd(RelayOutcome.ProxyShutdown);
        }
    }

    private static RelayOptions OptionsOf(RouteState route) => route.RelayOptions ??= new RelayOptions
    {
        IdleTimeout = route.Policy.WebSocket.IdleTimeout,
        MaxAge = route.Policy.WebSocket.MaxAge,
    };
}

/// <summary>What an accepted handshake leaves: who it is, the client's stream, and the pod's connection with its slot, to be given back.</summary>
internal sealed record OpenSocket(SocketFacts Facts, Stream Client, PodConnection Pod)
{
    private ReadOnlyMemory<byte> _early;
    private RequestFacts? _request;

    /// <summary>Its handshake, given away once: an open socket does not hold on to it.</summary>
    public required RequestFacts Request
    {
        init => _request = value;
    }

    public RequestFacts TakeRequest() => Interlocked.Exchange(ref _request, null) ?? throw new InvalidOperationException("The request was taken before.");

    /// <summary>What the client sent behind its handshake, where its stream does not bring it. Given away once.</summary>
    public ReadOnlyMemory<byte> Early
    {
        init => _early = value;
    }

    public ReadOnlyMemory<byte> TakeEarly()
    {
        var early = _early;
        _early = default;
        return early;
    }
}
