using Prometheus;
using WsIngress.Proxy;

namespace WsIngress.Telemetry;

/// <summary>The event loops of the epoll transport: what each holds, and whether one was stuck. Without them there are no series.</summary>
internal sealed class LoopMetrics
{
    private readonly Gauge _sockets;
    private readonly Counter _stuck;

    public LoopMetrics(CollectorRegistry registry)
    {
        var make = Prometheus.Metrics.WithCustomRegistry(registry);
        _sockets = make.CreateGauge("wsingress_loop_sockets", "Descriptors that an event loop watches, two for each WebSocket.", ["loop"]);
        _stuck = make.CreateCounter("wsingress_loop_stuck_total", "Turns of an event loop that took longer than a second while all of its sockets waited.");
    }

    public void Collect(DataPlane plane)
    {
        for (var i = 0; i < plane.LoopSockets.Count; i++)
        {
            _sockets.WithLabels(i.ToString(System.Globalization.CultureInfo.InvariantCulture)).Set(plane.LoopSockets[i]);
        }

        _stuck.IncTo(plane.LoopsStuck);
    }
}
