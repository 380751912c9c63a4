using WsIngress.Cluster;
using WsIngress.Sources;

namespace WsIngress.Cli;

/// <summary>Everything <c>wsingress controller</c> can be told. Defaults: <see cref="ControllerSettings"/>.</summary>
internal sealed record ControllerOptions
{
    /// <summary>What it shares with <c>wsingress run</c>.</summary>
    public required ServerOptions Server { get; init; }

    /// <summary>A file; null for the files of a pod and, outside of one, the usual places.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>A context of the kubeconfig; null for its current one.</summary>
    public string? Context { get; init; }

    public required WatchOptions Watch { get; init; }

    public required string ControllerName { get; init; }

    public bool WatchIngressWithoutClass { get; init; }

    public bool IngressClassByName { get; init; }

    /// <summary>Secret of the certificate for clients that name no host of ours; null for a self-signed one.</summary>
    public ObjectKey? DefaultCertificate { get; init; }

    public required StatusOptions Status { get; init; }

    /// <summary>The namespace is empty where only the cluster's configuration knows it.</summary>
    public required LeaseOptions Lease { get; init; }

    public bool Events { get; init; } = true;
}
