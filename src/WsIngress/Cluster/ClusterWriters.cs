using Microsoft.Extensions.Logging;
using WsIngress.Cluster.Election;
using WsIngress.Cluster.Events;
using WsIngress.Cluster.Status;
using WsIngress.Proxy.Telemetry;
using WsIngress.Store;
using WsIngress.Telemetry;

namespace WsIngress.Cluster;

/// <summary>
/// All that a replica writes into the cluster: the Lease, and by it the status of Ingresses and the Events about problems; and without
/// it the Events about what only the replica itself sees. Routing never waits for any of it.
/// </summary>
internal sealed class ClusterWriters
{
    private readonly LeaderElection _election;
    private readonly ProblemEvents _problems;
    private readonly HandshakeEvents _handshakes;
    private readonly StatusOptions _status;
    private readonly TimeProvider _time;

    /// <param name="api">The server.</param>
    /// <param name="lease">Leader election; its identity is also the instance in Events.</param>
    /// <param name="status">What goes into the status.</param>
    /// <param name="events">Events, on or off.</param>
    /// <param name="sync">Tells what became of the objects.</param>
    /// <param name="time">The clock of all waits.</param>
    /// <param name="loggers">Receive what goes wrong.</param>
    /// <exception cref="ArgumentException">The times of the Lease would let two lead at once.</exception>
    public ClusterWriters(ApiServer api, LeaseOptions lease, StatusOptions status, EventOptions events, SyncState sync, TimeProvider time, ILoggerFactory loggers)
    {
        (_status, _time) = (status, time);
        var logger = loggers.CreateLogger("WsIngress.Cluster");
        _election = new(api, lease, time, logger);
        Status = new(api, status, lease.Namespace, sync, time, logger);
        Events = new(api, events, time, logger);
        _problems = new(Events, events, sync, time, logger);
        _handshakes = new(Events, events, sync, time, logger);
    }

    public bool IsLeader => _election.IsLeader;

    public StatusWriter Status { get; }

    public EventSender Events { get; }

    /// <summary>To be told of handshakes by the data plane.</summary>
    public IProxyTelemetry Telemetry => _handshakes;

    /// <summary>To be told of pods that hold most of the source ports; returns at once.</summary>
    public void SourcePortsLow(SourcePortUse use) => _handshakes.SourcePortsLow(use);

    /// <summary>
    /// Runs until asked to stop. It returns when, in this order, the writes have ended and the Lease is released, and, if the status is to be
    /// cleared and no other replica took the Lease, that is done and the Lease released again. Never throws for what the server does.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        await using var stop = stopping.Register(() => deadline.CancelAfter(_status.ClearLimit));
        var last = _status is { Enabled: true, ClearOnShutdown: true } ? new LastWork(term => Status.ClearAsync(term, deadline.Token), deadline.Token) : null;
        await Task.WhenAll(_election.RunAsync(term => LeadAsync(term, stopping), stopping, last), _handshakes.RunAsync(stopping)).ConfigureAwait(false);
    }

    /// <summary>A leader with nothing to write, since all is switched off, leads on: it would otherwise take and give back the Lease all the time.</summary>
    private async Task LeadAsync(Leadership term, CancellationToken stopping)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
        await Task.WhenAll(Status.RunAsync(term, stopping), _problems.RunAsync(term, stopping)).ConfigureAwait(false);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, until.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
