using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>One column of <c>kubectl get</c>.</summary>
/// <param name="Name">Heading.</param>
/// <param name="Cell">Text of the cell.</param>
internal sealed record TableColumn(string Name, Func<StoredObject, TimeProvider, string> Cell)
{
    private const string None = "<none>";

    private static readonly TableColumn ObjectName = new("Name", (o, _) => o.Name);
    private static readonly TableColumn Age = new("Age", (o, t) => Since(o, t));

    /// <summary>Name first, Age last, what a person looks for between.</summary>
    public static IReadOnlyList<TableColumn> Of(ResourceKind kind) => kind.Plural switch
    {
        "ingresses" =>
        [
            ObjectName,
            new("Class", (o, _) => Text(o.Json["spec"]?["ingressClassName"])),
            new("Hosts", (o, _) => Join(o.Json["spec"]?["rules"], r => (string?)r?["host"] ?? "*", "*")),
            new("Address", (o, _) => Join(o.Json["status"]?["loadBalancer"]?["ingress"], p => (string?)p?["ip"] ?? (string?)p?["hostname"] ?? "", "")),
            new("Ports", (o, _) => o.Json["spec"]?["tls"] is JsonArray { Count: > 0 } ? "80, 443" : "80"),
            Age,
        ],
        "ingressclasses" => [ObjectName, new("Controller", (o, _) => Text(o.Json["spec"]?["controller"])), new("Parameters", (_, _) => None), Age],
        "services" =>
        [
            ObjectName,
            new("Type", (o, _) => Text(o.Json["spec"]?["type"])),
            new("Cluster-IP", (o, _) => Text(o.Json["spec"]?["clusterIP"])),
            new("Port(s)", (o, _) => Join(o.Json["spec"]?["ports"], p => $"{p?["port"]}/{p?["protocol"]}", None)),
            Age,
        ],
        "leases" => [ObjectName, new("Holder", (o, _) => (string?)o.Json["spec"]?["holderIdentity"] ?? ""), Age],
        "secrets" => [ObjectName, new("Type", (o, _) => Text(o.Json["type"])), new("Data", (o, _) => $"{(o.Json["data"] as JsonObject)?.Count ?? 0}"), Age],
        "events" =>
        [
            ObjectName,
            new("Type", (o, _) => Text(o.Json["type"])),
            new("Reason", (o, _) => Text(o.Json["reason"])),
            new("Message", (o, _) => Text(o.Json["note"])),
            Age,
        ],
        "namespaces" or "pods" => [ObjectName, new("Status", (o, _) => Text(o.Json["status"]?["phase"])), Age],
        _ => [ObjectName, Age],
    };

    public JsonObject Definition() => new()
    {
        ["name"] = Name,
        ["type"] = "string",
        ["format"] = Name == "Name" ? "name" : "",
        ["description"] = "",
        ["priority"] = 0,
    };

    private static string Text(JsonNode? node) => (string?)node ?? None;

    private static string Join(JsonNode? list, Func<JsonNode?, string> each, string empty) =>
        list is JsonArray { Count: > 0 } items ? string.Join(",", items.Select(each)) : empty;

    private static string Since(StoredObject stored, TimeProvider time)
    {
        var age = time.GetUtcNow() - DateTimeOffset.Parse((string)stored.Metadata["creationTimestamp"]!);
        return age.TotalDays >= 2 ? $"{(int)age.TotalDays}d" : age.TotalHours >= 2 ? $"{(int)age.TotalHours}h" : age.TotalMinutes >= 2 ? $"{(int)age.TotalMinutes}m" : $"{(int)age.TotalSeconds}s";
    }
}
