namespace WsIngress.E2E.Harness;

/// <summary>A handshake that opened no socket: what was answered, by whom.</summary>
internal sealed class RefusedHandshake(string host, int status, IReadOnlyDictionary<string, IEnumerable<string>> headers, Exception inner)
    : Exception($"handshake with {host}: status {status}, pod {Header(headers, "X-Pod-Name") ?? "none"}, request {Header(headers, "X-Request-ID") ?? "?"}: {inner.GetBaseException().Message}", inner)
{
    /// <summary>0 when there was no answer.</summary>
    public int Status { get; } = status;

    public string? RetryAfter { get; } = Header(headers, "Retry-After");

    private static string? Header(IReadOnlyDictionary<string, IEnumerable<string>> headers, string name) => headers.TryGetValue(name, out var values) ? values.FirstOrDefault() : null;
}
