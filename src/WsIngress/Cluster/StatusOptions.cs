using System.Collections.Immutable;
using WsIngress.Sources;

namespace WsIngress.Cluster;

/// <summary>What goes into <c>status.loadBalancer.ingress</c> of our Ingresses. The first source that is given wins, in the order below.</summary>
internal sealed record StatusOptions
{
    /// <summary>False writes no status at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>IP addresses or host names, written as they are.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>The Service whose addresses are ours.</summary>
    public ObjectKey? PublishService { get; init; }

    /// <summary>The Services of its namespace are watched: where it is not among them, it does not exist.</summary>
    public bool IsPublishServiceWatched { get; init; }

    /// <summary>Label selector of the pods of the own namespace whose hosts' addresses are ours.</summary>
    public string? PodSelector { get; init; }

    /// <summary>The last replica takes the addresses away when it ends.</summary>
    public bool ClearOnShutdown { get; init; }

    /// <summary>Sustained rate of writes, and how many may go at once after a calm: a first start with 10,000 Ingresses must not flood the server.</summary>
    public int WritesPerSecond { get; init; } = 20;

    public int Burst { get; init; } = 100;

    /// <summary>Writes under way at a time.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>How often the pods are listed, and a Service that is not watched is read.</summary>
    public TimeSpan AddressPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time from the signal to the end of the clearing; what is left then keeps its addresses.</summary>
    public TimeSpan ClearLimit { get; init; } = TimeSpan.FromSeconds(28);
}
