namespace WsIngress.Cluster;

/// <summary>
/// When a connection to the API server counts as dead. A server that is gone without a word (a node without power, a route that drops everything)
/// leaves a watch that merely brings nothing; with these it breaks within <see cref="Idle"/> plus <see cref="PingTimeout"/>.
/// </summary>
internal sealed record ConnectionOptions
{
    public static readonly ConnectionOptions Default = new();

    /// <summary>Longest wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Nothing came for this long: the server is asked for a sign of life, by an HTTP/2 PING and by TCP.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for that sign.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
