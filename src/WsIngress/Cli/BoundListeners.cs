using System.Net;
using System.Text.Json.Nodes;

namespace WsIngress.Cli;

/// <summary>Where a started host really listens, with the ports that were free; null for what is off.</summary>
internal sealed record BoundListeners
{
    public IPEndPoint? Http { get; init; }

    public IPEndPoint? Https { get; init; }

    public IPEndPoint? H2c { get; init; }

    public IPEndPoint? Metrics { get; init; }

    public IPEndPoint? Admin { get; init; }

    /// <summary><c>http 127.0.0.1:8080, https 127.0.0.1:8443, …</c></summary>
    public override string ToString() =>
        string.Join(", ", All().Where(l => l.Address is not null).Select(l => $"{l.Name} {Show(l.Address!)}"));

    /// <summary>The line that tells a script where everything is; what is off is null.</summary>
    /// <param name="source">Name of what is served, <c>manifests</c> or <c>server</c>.</param>
    /// <param name="value">The folder, or the URL of the API server.</param>
    public string ToJson(string source, string value)
    {
        var line = new JsonObject { ["event"] = "ready", [source] = value };
        foreach (var (name, address) in All())
        {
            line[name] = address?.ToString();
        }

        return line.ToJsonString();
    }

    private IEnumerable<(string Name, IPEndPoint? Address)> All() =>
        [("http", Http), ("https", Https), ("h2c", H2c), ("metrics", Metrics), ("admin", Admin)];

    private static string Show(IPEndPoint address) =>
        address.Address.Equals(IPAddress.IPv6Any) || address.Address.Equals(IPAddress.Any) ? $"*:{address.Port}" : address.ToString();
}
