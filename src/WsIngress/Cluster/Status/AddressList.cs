using System.Collections.Immutable;
using System.Text.Json.Nodes;
using k8s.Models;

namespace WsIngress.Cluster.Status;

/// <summary>
/// The entries of <c>status.loadBalancer.ingress</c>, each as JSON, sorted and without repetition: two lists with the same entries
/// are equal in whatever order they were written.
/// </summary>
internal sealed class AddressList : IEquatable<AddressList>
{
    public static readonly AddressList Empty = new([]);

    /// <summary>More would make every Ingress object large; the first ones in order are kept.</summary>
    private const int MostEntries = 1000;

    private readonly ImmutableArray<string> _entries;

    private AddressList(IEnumerable<string> entries) =>
        _entries = [.. entries.Where(entry => entry.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MostEntries)];

    public bool IsEmpty => _entries.IsEmpty;

    /// <summary>As the API takes it: an array, and <c>null</c> for none.</summary>
    public string Json => IsEmpty ? "null" : $"[{string.Join(',', _entries)}]";

    /// <param name="addresses">IP addresses or host names.</param>
    public static AddressList Of(IEnumerable<string> addresses) => new(addresses.Select(Entry));

    /// <summary>Of an Ingress.</summary>
    public static AddressList Of(V1Ingress ingress) => ingress.Status?.LoadBalancer?.Ingress is { Count: > 0 } entries
        ? new(entries.Where(entry => entry is not null).Select(entry => Entry(entry.Ip, entry.Hostname, (entry.Ports ?? []).Select(port => (port.Port, port.Protocol, port.Error)))))
        : Empty;

    /// <summary>What a Service's load balancer got, with <c>ports</c>, and besides it <paramref name="more"/> where they are not among that.</summary>
    public static AddressList Of(IEnumerable<V1LoadBalancerIngress> entries, IEnumerable<string> more)
    {
        var given = entries.Where(entry => entry is not null).ToArray();
        return new(
        [
            .. given.Select(entry => Entry(entry.Ip, entry.Hostname, (entry.Ports ?? []).Select(port => (port.Port, port.Protocol, port.Error)))),
            .. more.Where(address => !Array.Exists(given, entry => entry.Ip == address)).Select(Entry),
        ]);
    }

    public bool Equals(AddressList? other) => other is not null && _entries.AsSpan().SequenceEqual(other._entries.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as AddressList);

    public override int GetHashCode() => _entries.Aggregate(0, HashCode.Combine);

    /// <summary>For people.</summary>
    public override string ToString() => IsEmpty ? "none" : string.Join(", ", _entries.Select(entry => JsonNode.Parse(entry)!).Select(entry => (string?)entry["ip"] ?? (string?)entry["hostname"]));

    private static string Entry(string address) => System.Net.IPAddress.TryParse(address, out _) ? Entry(address, null, []) : Entry(null, address, []);

    private static string Entry(string? ip, string? hostname, IEnumerable<(int Port, string Protocol, string Error)> ports)
    {
        var entry = new JsonObject();
        if (!string.IsNullOrEmpty(ip))
        {
            entry["ip"] = ip;
        }

        if (!string.IsNullOrEmpty(hostname))
        {
            entry["hostname"] = hostname;
        }

        if (entry.Count == 0)
        {
            return "";
        }

        var all = new JsonArray([.. ports.OrderBy(port => port.Port).ThenBy(port => port.Protocol, StringComparer.Ordinal).Select(Port)]);
        if (all.Count > 0)
        {
            entry["ports"] = all;
        }

        return entry.ToJsonString();
    }

    private static JsonObject Port((int Port, string Protocol, string Error) port)
    {
        var entry = new JsonObject { ["port"] = port.Port, ["protocol"] = port.Protocol ?? "" };
        if (!string.IsNullOrEmpty(port.Error))
        {
            entry["error"] = port.Error;
        }

        return entry;
    }
}
