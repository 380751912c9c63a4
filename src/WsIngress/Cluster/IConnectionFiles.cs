using k8s;

namespace WsIngress.Cluster;

/// <summary>Where the way to an API server is written.</summary>
internal interface IConnectionFiles
{
    /// <summary>Every file that the configuration depends on; its content decides whether it is read again.</summary>
    IReadOnlyList<string> Paths { get; }

    /// <exception cref="IOException">A sentence for the operator: what is missing or wrong, and where it was looked for.</exception>
    KubernetesClientConfiguration Load();
}
