using System.Text.Json.Nodes;

namespace WsIngress.Cluster.Election;

/// <summary>The requests about our one Lease, each with a bound in time.</summary>
internal sealed class LeaseClient(ApiServer api, LeaseOptions options, TimeProvider time)
{
    private readonly string _collection = $"/apis/coordination.k8s.io/v1/namespaces/{Uri.EscapeDataString(options.Namespace)}/leases";

    /// <summary>Half of the deadline: one request that hangs leaves time for another.</summary>
    private TimeSpan AnswerTimeout => options.RenewDeadline / 2;

    /// <summary>Null when there is none.</summary>
    public async Task<LeaseRecord?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            return await CallAsync(HttpMethod.Get, Name, null, cancellation).ConfigureAwait(false);
        }
        catch (ApiException absent) when (absent.Code == 404)
        {
            return null;
        }
    }

    /// <summary>Null when it exists by now.</summary>
    public Task<LeaseRecord?> CreateAsync(LeaseTerm term, CancellationToken cancellation) =>
        UnlessConflictAsync(HttpMethod.Post, _collection, LeaseRecord.New(options.Name, term), cancellation);

    /// <summary>Null when somebody else wrote or deleted it since <paramref name="known"/> was read.</summary>
    public Task<LeaseRecord?> UpdateAsync(LeaseRecord known, LeaseTerm term, CancellationToken cancellation) =>
        UnlessConflictAsync(HttpMethod.Put, Name, known.With(term), cancellation);

    private string Name => $"{_collection}/{Uri.EscapeDataString(options.Name)}";

    private async Task<LeaseRecord?> UnlessConflictAsync(HttpMethod method, string path, string body, CancellationToken cancellation)
    {
        try
        {
            return await CallAsync(method, path, body, cancellation).ConfigureAwait(false);
        }
        catch (ApiException stale) when (stale.Code == 409 || (stale.Code == 404 && method == HttpMethod.Put))
        {
            return null;
        }
    }

    private async Task<LeaseRecord> CallAsync(HttpMethod method, string path, string? body, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            var lease = await api.CallAsync<JsonObject>(method, path, body, "application/json", either.Token).ConfigureAwait(false);
            return new(lease);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new ApiException(0, "", $"{api.Address}: no answer within {AnswerTimeout.TotalSeconds:0.#} s", inner: late);
        }
        catch (ApiException refused) when (refused.IsMissingRight)
        {
            throw new ApiException(403, refused.Reason, $"the right '{Verb(method)}' on leases.coordination.k8s.io in namespace {options.Namespace} is missing: {refused.Message}", refused.RetryAfter, refused);
        }
    }

    private static string Verb(HttpMethod method) => method == HttpMethod.Get ? "get" : method == HttpMethod.Post ? "create" : "update";
}
