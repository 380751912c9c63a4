using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>One thing that is done to every proxy in turn.</summary>
internal abstract class Scenario(string group, string name)
{
    /// <summary>What `--only` names.</summary>
    public string Group => group;

    public string Name => name;

    /// <summary>In the order of the table.</summary>
    public abstract IReadOnlyList<Metric> Metrics { get; }

    /// <summary>Each sample wants a process that has done nothing else.</summary>
    public virtual bool Fresh => false;

    /// <summary>What keeps it from running at all on this machine; null when nothing does.</summary>
    public virtual string? Obstacle => null;

    /// <summary>Whether there is something to measure without a proxy.</summary>
    public virtual bool HasDirect => true;

    /// <summary>Whether <see cref="BareRelay"/> can pass it on: short messages without TLS.</summary>
    public virtual bool HasBare => false;

    public abstract Sample Measure(Site site, RunningProxy proxy);

    /// <summary>A proxy, one process for both sides of a socket, must have the files for it.</summary>
    protected static string? ObstacleOf(int sockets) => (2 * sockets) + 500 > Workplace.Files ? $"{sockets} sockets need {(2 * sockets) + 500} files; the limit is {Workplace.Files}" : null;
}
