using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>The last requests, oldest first; the older of more than 100 000 are forgotten.</summary>
internal sealed class RequestJournal
{
    private const int Kept = 100_000;

    private readonly ConcurrentQueue<RequestRecord> _records = new();

    public IReadOnlyList<RequestRecord> Records => [.. _records];

    public RequestRecord Begin(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var record = new RequestRecord(
            http.Request.Protocol,
            http.Request.Method,
            http.Request.Path.Value ?? "",
            http.Request.QueryString.Value?.TrimStart('?') ?? "",
            http.Request.Headers.UserAgent.ToString(),
            header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null);
        _records.Enqueue(record);
        while (_records.Count > Kept && _records.TryDequeue(out _))
        {
        }

        return record;
    }

    public void Clear() => _records.Clear();
}
