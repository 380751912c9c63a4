using System.Text.Json.Nodes;
using k8s.Models;
using WsIngress.Sources;

namespace WsIngress.Cluster.Status;

/// <summary>The requests about the status of one Ingress, each with a bound in time.</summary>
internal sealed class StatusRequests(ApiServer api, TimeProvider time)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <returns>The resourceVersion that it made.</returns>
    /// <exception cref="ApiException">409: the change is based on a version that is outdated.</exception>
    public async Task<string> WriteAsync(StatusChange change, CancellationToken cancellation)
    {
        var path = $"{Collection(change.Key)}/{Uri.EscapeDataString(change.Key.Name)}/status";
        var answer = await CallAsync<JsonObject>(HttpMethod.Patch, path, Body(change), cancellation).ConfigureAwait(false);
        return answer["metadata"]?["resourceVersion"] is JsonValue version && version.TryGetValue<string>(out var text) ? text : "";
    }

    /// <summary>As the server has it now; null when it is gone. A list of one name: the rights to list are there for the watch, one to get is not.</summary>
    public async Task<V1Ingress?> ReadAsync(ObjectKey key, CancellationToken cancellation)
    {
        var found = await CallAsync<V1IngressList>(HttpMethod.Get, $"{Collection(key)}?fieldSelector={Uri.EscapeDataString($"metadata.name={key.Name}")}", null, cancellation).ConfigureAwait(false);
        return found.Items?.FirstOrDefault();
    }

    private async Task<T> CallAsync<T>(HttpMethod method, string path, string? body, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await api.CallAsync<T>(method, path, body, "application/merge-patch+json", either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new ApiException(0, "", $"{api.Address}: no answer within {AnswerTimeout.TotalSeconds:0} s", inner: late);
        }
    }

    private static string Collection(ObjectKey key) => $"/apis/networking.k8s.io/v1/namespaces/{Uri.EscapeDataString(key.Namespace)}/ingresses";

    private static string Body(StatusChange change) => new JsonObject
    {
        ["metadata"] = new JsonObject { ["resourceVersion"] = change.Version },
        ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = JsonNode.Parse(change.Addresses.Json) } },
    }.ToJsonString();
}
