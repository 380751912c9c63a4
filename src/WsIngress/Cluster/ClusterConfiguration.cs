using k8s;
using k8s.Exceptions;

namespace WsIngress.Cluster;

/// <summary>
/// How to reach the API server: a kubeconfig, or the files that Kubernetes mounts into every pod. They are read again when one of
/// them changed, and after a refusal that a rotation would explain.
/// </summary>
internal sealed class ClusterConfiguration : IDisposable
{
    private readonly Func<KubernetesClientConfiguration> _load;
    private readonly Lock _gate = new();
    private Kubernetes _client;
    private bool _suspected;

    private ClusterConfiguration(Func<KubernetesClientConfiguration> load)
    {
        _load = load;
        var configuration = load();
        (Address, Namespace) = (configuration.Host, configuration.Namespace);
        _client = Create(configuration);
    }

    /// <summary>URL of the server.</summary>
    public string Address { get; }

    /// <summary>Namespace of the service account or of the context; null when neither says.</summary>
    public string? Namespace { get; }

    /// <param name="kubeconfig">A file; null for the files of a pod and, outside of one, KUBECONFIG or ~/.kube/config.</param>
    /// <param name="context">A context of the kubeconfig; null for its current one.</param>
    /// <exception cref="KubeConfigException">There is no usable configuration; the message says what was looked for.</exception>
    public static ClusterConfiguration Load(string? kubeconfig, string? context)
    {
        if (kubeconfig is null && context is null && KubernetesClientConfiguration.IsInCluster())
        {
            return new(KubernetesClientConfiguration.InClusterConfig);
        }

        return new(() => KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig, context));
    }

    /// <summary>The client to send the next request with.</summary>
    public Kubernetes Client()
    {
        lock (_gate)
        {
            if (_suspected)
            {
                (_client, _suspected) = (Create(_load()), false);
            }

            return _client;
        }
    }

    /// <summary>Something about the credentials or certificates may be out of date: read them again before the next request.</summary>
    public void Suspect()
    {
        lock (_gate)
        {
            _suspected = true;
        }
    }

    public void Dispose() => _client.Dispose();

    private static Kubernetes Create(KubernetesClientConfiguration configuration)
    {
        configuration.UserAgent = "wsingress";
        configuration.FirstMessageHandlerSetup = handler =>
        {
            handler.ConnectTimeout = TimeSpan.FromSeconds(10);
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        };
        return new Kubernetes(configuration);
    }
}
