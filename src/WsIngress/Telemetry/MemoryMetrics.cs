using Prometheus;
using WsIngress.Proxy.Listening;

namespace WsIngress.Telemetry;

/// <summary>The memory that decides whether a new socket is taken, and its limit. Read at scrape.</summary>
internal sealed class MemoryMetrics
{
    private readonly Gauge _inUse;
    private readonly Gauge _limit;

    public MemoryMetrics(CollectorRegistry registry)
    {
        var make = Prometheus.Metrics.WithCustomRegistry(registry);

        // Without a limit there is no number: 0 or infinity would make a quotient that says something.
        var absent = new GaugeConfiguration { SuppressInitialValue = true };
        _inUse = make.CreateGauge("wsingress_memory_bytes", "Memory that is charged to the process and its sockets, without what the kernel can drop.", absent);
        _limit = make.CreateGauge("wsingress_memory_limit_bytes", "Memory above which the process is killed; new sockets are refused above nine tenths of it.", absent);
    }

    public void Collect(ProcessRoom room)
    {
        if (room.MemoryInUse is { } bytes)
        {
            _inUse.Set(bytes);
        }

        if (room.MemoryLimit is { } limit)
        {
            _limit.Set(limit);
        }
    }
}
