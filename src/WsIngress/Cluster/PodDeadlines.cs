using k8s.Models;
using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster;

/// <summary>
/// When a pod that is terminating will be killed: its deletionTimestamp, which is the time of the deletion plus the grace period (Kubernetes API
/// conventions, metadata). An EndpointSlice does not say it, so that one pod is read.
/// </summary>
internal sealed class PodDeadlines(ApiServer server, ILogger logger)
{
    private int _complained;

    /// <summary>Null when the pod is not being deleted, is another one or gone, or cannot be read.</summary>
    public async Task<DateTimeOffset?> FindAsync(string ns, string name, string uid, CancellationToken cancellation)
    {
        try
        {
            var pod = await server.CallAsync<V1Pod>(HttpMethod.Get, $"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/pods/{Uri.EscapeDataString(name)}", null, "application/json", cancellation).ConfigureAwait(false);
            return pod.Metadata?.Uid == uid && pod.Metadata.DeletionTimestamp is { } deleted ? new DateTimeOffset(deleted.ToUniversalTime(), TimeSpan.Zero) : null;
        }
        catch (ApiException refused) when (refused.Code is 404)
        {
            return null;
        }
        catch (ApiException refused)
        {
            // Every pod that goes would say the same.
            if (Interlocked.Exchange(ref _complained, 1) == 0)
            {
                logger.CannotReadPod($"{ns}/{name}", refused.Message);
            }

            return null;
        }
    }
}
