using WsIngress.Cli;
using WsIngress.Cluster;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>The product in a cluster: the API server's objects are what it serves, and it tells the cluster what became of them.</summary>
/// <param name="options">All it can be told.</param>
/// <param name="time">The clock.</param>
/// <param name="accessLog">Standard output.</param>
/// <param name="pod">What a pod was given; null for the usual place.</param>
internal sealed class ControllerHost(ControllerOptions options, TimeProvider time, Stream accessLog, PodFiles? pod = null)
{
    private readonly PodFiles _pod = pod ?? new(PodFiles.Folder, Environment.GetEnvironmentVariable);
    private string _address = "";

    public Task<int> RunAsync(Action<BoundListeners, string> ready, CancellationToken stopping) =>
        new ServingHost(options.Server, time, accessLog).RunAsync(Connect, bound => ready(bound, _address), stopping);

    private HostFeed Connect(HostParts parts)
    {
        var configuration = new ClusterConfiguration(Files(), parts.Time, parts.Loggers.CreateLogger("WsIngress.Cluster"));
        var server = new ApiServer(configuration, parts.Time);
        _address = server.Address;
        var translation = Translation();
        var sources = ApiServerSources.Create(server, options.Watch, translation, parts.Time, parts.Loggers);
        parts.Metrics.Cluster.Watch(sources, parts.Time);
        var lease = options.Lease with { Namespace = options.Lease.Namespace.Length > 0 ? options.Lease.Namespace : configuration.Namespace ?? "default" };
        var writers = new ClusterWriters(
            server,
            lease,
            options.Status with
            {
                ClearLimit = options.Server.DrainDeadline,
                IsPublishServiceWatched = options.Status.PublishService is { } service && options.Watch.Watches(service.Namespace),
            },
            new() { Enabled = options.Events, Controller = options.ControllerName, Instance = lease.Identity },
            parts.Sync,
            parts.Time,
            parts.Loggers);
        parts.Metrics.Leader.Watch(writers);
        return new()
        {
            Sources = sources.All,
            Translation = translation,
            Telemetry = writers.Telemetry,
            SourcePortsLow = writers.SourcePortsLow,
            PodDeadline = new PodDeadlines(server, parts.Loggers.CreateLogger("WsIngress.Cluster")).FindAsync,
            Beside = writers.RunAsync,
            WriteOptions = WriteOptions,
        };
    }

    /// <summary>A pod uses what it was given, unless it is told otherwise.</summary>
    private IConnectionFiles Files()
    {
        if (options.Kubeconfig is null && options.Context is null && _pod.Exist)
        {
            return _pod;
        }

        return new KubeconfigFiles(options.Kubeconfig is { } file ? [file] : KubeconfigFiles.Find(Environment.GetEnvironmentVariable), options.Context);
    }

    private TranslationOptions Translation() => new()
    {
        IngressClass = options.Server.IngressClass,
        ControllerName = options.ControllerName,
        WatchIngressWithoutClass = options.WatchIngressWithoutClass,
        IngressClassByName = options.IngressClassByName,
        IngressClassLookup = options.Watch.IngressClasses,
        NamespaceSelector = options.Watch.NamespaceSelector,
        DefaultCertificate = options.DefaultCertificate?.ToString(),
        AllowExternalName = !options.Server.DisableExternalName,
        Defaults = options.Server.Defaults,
    };

    private void WriteOptions(System.Text.Json.Utf8JsonWriter json)
    {
        json.WriteString("server", _address);
        json.WriteString("controllerName", options.ControllerName);
        json.WriteString("watchNamespace", string.Join(",", options.Watch.Namespaces));
        json.WriteString("watchNamespaceSelector", options.Watch.NamespaceSelector);
        json.WriteBoolean("watchIngressWithoutClass", options.WatchIngressWithoutClass);
        json.WriteBoolean("ingressClassByName", options.IngressClassByName);
        json.WriteBoolean("ingressClassLookup", options.Watch.IngressClasses);
        json.WriteString("defaultSslCertificate", options.DefaultCertificate?.ToString());
        json.WriteBoolean("updateStatus", options.Status.Enabled);
        json.WriteString("publishService", options.Status.PublishService?.ToString());
        json.WriteString("publishStatusAddress", string.Join(",", options.Status.Addresses));
        json.WriteString("publishPodSelector", options.Status.PodSelector);
        json.WriteBoolean("updateStatusOnShutdown", options.Status.ClearOnShutdown);
        json.WriteBoolean("leaderElection", options.Lease.Enabled);
        json.WriteString("electionId", options.Lease.Name);
        json.WriteString("podName", options.Lease.Identity);
        json.WriteBoolean("events", options.Events);
    }
}
