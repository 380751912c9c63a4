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

    /// <summary>Label selector of the pods of the own namespace whose hosts' addresses are ours.</summary>
    public string? PodSelector { get; init; }

    /// <summary>The leader takes the addresses away when it ends.</summary>
    public bool ClearOnShutdown { get; init; }
}
