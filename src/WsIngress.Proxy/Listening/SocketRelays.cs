using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Draining;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Relaying;

namespace WsIngress.Proxy.Listening;

/// <summary>Runs the relay of every accepted handshake, knows all open sockets, and drains them when the process is to end.</summary>
internal sealed class SocketRelays : ISocketRelayOwner, IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource _abort = new();
    private readonly IProxyTelemetry _telemetry;
    private readonly TimeProvider _time;
    private readonly PodDrains _pods;
    private readonly RouteDrains _routes;
    private readonly Action<RelaySession, RelaySide, TimeSpan> _measured;
    private RelaySweeper? _sweeper;
    private volatile bool _draining;
    private int _handled;

    public SocketRelays(IProxyTelemetry telemetry, Func<LiveTable> table, PodDeadline? deadline, SocketCounts counts, TimeProvider time, ILogger logger)
    {
        (_telemetry, Counts, _time) = (telemetry, counts, time);
        _measured = (session, side, took) => telemetry.PingAnswered((SocketFacts)session.Tag!, side, took);
        _pods = new PodDrains(Registry, deadline, time, Random.Shared, logger);
        _routes = new RouteDrains(Registry, table, time, Random.Shared, logger);
    }

    public RelayRegistry Registry { get; } = new();

    /// <summary>Of the sockets that have limits.</summary>
    public SocketCounts Counts { get; }

    public bool IsDraining => _draining;

    /// <summary>When a drain will have told every socket to close; null without one.</summary>
    public DateTimeOffset? DrainWindowEnd { get; private set; }

    /// <summary>A handshake begins; a drain waits for it and for what becomes of it.</summary>
    public void Enter() => Interlocked.Increment(ref _handled);

    public void Leave() => Interlocked.Decrement(ref _handled);

    /// <summary>A pod goes, is gone, or has come back.</summary>
    public void PodChanged(EndpointState pod) => _pods.Changed(pod);

    /// <summary>Another table is live.</summary>
    public void Published() => _routes.Published();

    public void Start() => _sweeper = new RelaySweeper(Registry, _time);

    /// <summary>Relays two bare sockets of a loop from now on; on the loop's thread. They and the pod's slot are given back at the end.</summary>
    public void Start(EventLoop loop, SocketFacts facts, RequestFacts request, BareSocket client, BareSocket pod, ReadOnlySpan<byte> earlyFromClient, ReadOnlySpan<byte> earlyFromPod)
    {
        Enter();
        var session = new RelaySession(facts.Id, OptionsOf(facts.Route), _time, facts);
        Registry.Add(session);
        _telemetry.SocketOpened(facts, request);
        SocketRelay.Start(loop, session, client, pod, earlyFromClient, earlyFromPod, this);
        _pods.Opened(session, facts);
        _routes.Opened(facts);
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
        Counts.Return(facts.Route, facts.Client, facts.CountKey);
        facts.Endpoint.State.SocketReturned();
        try
        {
            _telemetry.SocketClosed(facts, report);
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
        var session = new RelaySession(facts.Id, OptionsOf(facts.Route), _time, facts);
        Registry.Add(session);
        RelayReport report;
        try
        {
            _telemetry.SocketOpened(facts, open.TakeRequest());
            _pods.Opened(session, facts);
            _routes.Opened(facts);
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

        _telemetry.SocketClosed(facts, report);
    }

    /// <summary>
    /// Closes all sockets with 1001, evenly over the window and in random order, then waits. True when nothing is left; false when
    /// the deadline, counted from now, or <paramref name="force"/> came first: then what is left is cut.
    /// </summary>
    public async Task<bool> DrainAsync(TimeSpan window, TimeSpan deadline, Func<bool> httpIsIdle, CancellationToken force)
    {
        DrainWindowEnd = _time.GetUtcNow() + (window < deadline ? window : deadline);
        _draining = true;
        using var limit = new CancellationTokenSource(deadline, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, force);
        try
        {
            await EvenPace.EndAsync(
                Registry.ToArray(), window < deadline ? window : deadline, _time, Random.Shared, static session => session.RequestEnd(RelayOutcome.ProxyShutdown), () => Registry.Count == 0, stop.Token);
            while (Volatile.Read(ref _handled) > 0 || !httpIsIdle())
            {
                // A handshake that was under way when the drain began opens its socket now.
                foreach (var session in Registry)
                {
                    session.RequestEnd(RelayOutcome.ProxyShutdown);
                }

                await Task.Delay(Poll, _time, stop.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            await AbortAsync();
            return false;
        }
    }

    /// <inheritdoc cref="DataPlane.DrainSockets"/>
    public int Drain(Func<SocketFacts, TimeSpan, bool> which, TimeSpan window, ushort? code, string? reason)
    {
        var meant = Registry.Where(session => session.Tag is SocketFacts facts && session.Outcome is null && which(facts, session.Age)).ToArray();
        _ = EndAsync();
        return meant.Length;

        async Task EndAsync()
        {
            try
            {
                await EvenPace.EndAsync(meant, window, _time, Random.Shared, session => session.RequestEnd(RelayOutcome.Operator, code, reason), () => Registry.Count == 0, _abort.Token);
            }
            catch (OperationCanceledException)
            {
                // All sockets end with the process.
            }
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
        _pods.Dispose();
        _routes.Dispose();
        _abort.Dispose();
    }

    private RelayOptions OptionsOf(RouteState route) => route.RelayOptions ??= SocketRules.Of(route.Policy.WebSocket, _measured);
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
