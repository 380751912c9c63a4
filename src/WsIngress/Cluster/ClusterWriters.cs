using Microsoft.Extensions.Logging;
using WsIngress.Cluster.Election;
using WsIngress.Cluster.Events;
using WsIngress.Cluster.Status;
using WsIngress.Proxy.Telemetry;
using WsIngress.Store;

namespace WsIngress.Cluster;

/// <summary>
/// All that a replica writes into the cluster: the Lease, and by it the status of Ingresses and the Events about problems; and without
/// it the Events about handshakes. Routing never waits for any of it.
/// </summary>
internal sealed class ClusterWriters
{
    private readonly LeaderElection _election;
    private readonly ProblemEvents _problems;
    private readonly HandshakeEvents _handshakes;

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
        var logger = loggers.CreateLogger("WsIngress.Cluster");
        _election = new(api, lease, time, logger);
        Status = new(api, status, lease.Namespace, sync, time, logger);
        Events = new(api, events, time, logger);
        _problems = new(Events, events, sync, time);
        _handshakes = new(Events, events, sync, time);
    }

    public bool IsLeader => _election.IsLeader;

    public StatusWriter Status { get; }

    public EventSender Events { get; }

    /// <summary>To be told of handshakes by the data plane.</summary>
    public IProxyTelemetry Telemetry => _handshakes;

    /// <summary>
    /// Runs until asked to stop. It returns when, in this order, the writes have ended, the status is cleared if asked, and the Lease is
    /// released. Never throws for what the server does.
    /// </summary>
    public Task RunAsync(CancellationToken stopping) =>
        Task.WhenAll(_election.RunAsync(term => LeadAsync(term, stopping), stopping), _handshakes.RunAsync(stopping));

    private Task LeadAsync(Leadership term, CancellationToken stopping) =>
        Task.WhenAll(Status.RunAsync(term, stopping), _problems.RunAsync(term, stopping));
}
