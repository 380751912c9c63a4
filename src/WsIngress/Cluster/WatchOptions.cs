using System.Collections.Immutable;

namespace WsIngress.Cluster;

/// <summary>Which objects of the cluster are read.</summary>
internal sealed record WatchOptions
{
    /// <summary>Namespaces that are read by requests of their own, sorted; empty for all, by cluster-wide requests.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Label selector for namespaces; null reads no Namespace objects.</summary>
    public string? NamespaceSelector { get; init; }

    /// <summary>False reads no IngressClass objects, which are cluster-scoped.</summary>
    public bool IngressClasses { get; init; } = true;

    public bool Watches(string ns) => Namespaces.IsEmpty || Namespaces.Contains(ns);
}
