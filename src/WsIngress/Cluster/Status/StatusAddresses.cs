using k8s.Models;
using Microsoft.Extensions.Logging;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster.Status;

/// <summary>
/// The addresses to write. Null means not known: not read yet, a load balancer that has none yet, no such Service, no running pod. What
/// an Ingress has then stays, since whoever keeps DNS records by it would delete them.
/// </summary>
internal sealed class StatusAddresses(ApiServer api, StatusOptions options, string ownNamespace, TimeProvider time, ILogger logger)
{
    /// <summary>Most pages of pods, 500 each.</summary>
    private const int MostPages = 20;

    private readonly AddressList? _fixed = options.Addresses.IsDefaultOrEmpty ? null : AddressList.Of(options.Addresses);
    private readonly LogGate _failures = new(time, TimeSpan.FromMinutes(5));
    private AddressList? _read;
    private string? _told;

    /// <summary>The Service among the watched ones, when it is there; else what was read last.</summary>
    public AddressList? Current(ClusterSnapshot snapshot)
    {
        var watched = Watched(snapshot);
        var addresses = _fixed ?? (watched is not null ? ServiceAddresses.Of(watched) : _read);
        var isAbsent = options.IsPublishServiceWatched && watched is null;
        var text = addresses?.ToString() ?? (isAbsent ? "absent" : "");
        if (text != _told)
        {
            _told = text;
            if (!IsConfigured)
            {
                logger.NothingConfigured();
            }
            else if (addresses is null)
            {
                logger.NoAddresses(isAbsent ? $"{Source}, which does not exist" : Source);
            }
            else
            {
                logger.Addresses(text, Source);
            }
        }

        return addresses;
    }

    /// <summary>False when everything comes from the options or from a watch.</summary>
    public bool MustRead(ClusterSnapshot snapshot) =>
        _fixed is null && (options.PublishService is not null ? !options.IsPublishServiceWatched && Watched(snapshot) is null : !string.IsNullOrEmpty(options.PodSelector));

    /// <summary>Reads anew. A failure leaves what was read before.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        try
        {
            _read = options.PublishService is { } service
                ? ServiceAddresses.Of(await api.CallAsync<V1Service>(HttpMethod.Get, ServicePath(service), null, "application/json", cancellation).ConfigureAwait(false))
                : await PodHostsAsync(cancellation).ConfigureAwait(false);
            _failures.Close();
        }
        catch (ApiException failed)
        {
            var right = !failed.IsMissingRight ? "" : options.PublishService is { } one ? $"the right 'get' on services in namespace {one.Namespace} is missing: " : $"the right 'list' on pods in namespace {ownNamespace} is missing: ";
            if (_failures.Opens(failed.Message))
            {
                logger.AddressesUnreadable(Source, right + failed.Message);
            }
        }
    }

    private bool IsConfigured => _fixed is not null || options.PublishService is not null || !string.IsNullOrEmpty(options.PodSelector);

    private string Source => _fixed is not null ? "options" : options.PublishService is { } service ? $"Service {service}" : $"pods {options.PodSelector} of namespace {ownNamespace}";

    private V1Service? Watched(ClusterSnapshot snapshot)
    {
        if (options.PublishService is not { } key)
        {
            return null;
        }

        var (low, high) = (0, snapshot.Services.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = ObjectKey.Of(snapshot.Services[middle]).CompareTo(key);
            if (order == 0)
            {
                return snapshot.Services[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    private static string ServicePath(ObjectKey service) => $"/api/v1/namespaces/{Uri.EscapeDataString(service.Namespace)}/services/{Uri.EscapeDataString(service.Name)}";

    private async Task<AddressList?> PodHostsAsync(CancellationToken cancellation)
    {
        var hosts = new List<string>();
        var next = "";
        for (var page = 0; page < MostPages; page++)
        {
            var path = $"/api/v1/namespaces/{Uri.EscapeDataString(ownNamespace)}/pods?labelSelector={Uri.EscapeDataString(options.PodSelector!)}&limit=500"
                + (next.Length == 0 ? "" : $"&continue={Uri.EscapeDataString(next)}");
            var pods = await api.CallAsync<V1PodList>(HttpMethod.Get, path, null, "application/json", cancellation).ConfigureAwait(false);
            foreach (var pod in pods.Items ?? [])
            {
                hosts.AddRange(Hosts(pod));
            }

            next = pods.Metadata?.ContinueProperty ?? "";
            if (next.Length == 0)
            {
                break;
            }
        }

        var found = AddressList.Of(hosts);
        return found.IsEmpty ? null : found;
    }

    /// <summary>Of a pod that runs and is not on its way out.</summary>
    private static IEnumerable<string> Hosts(V1Pod pod)
    {
        if (pod.Status is not { Phase: "Running" } status || pod.Metadata?.DeletionTimestamp is not null)
        {
            return [];
        }

        return status.HostIPs is { Count: > 0 } all ? all.Select(host => host.Ip ?? "") : [status.HostIP ?? ""];
    }
}
