using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>The order of keys that a real server writes: kind, apiVersion, metadata, then the rest.</summary>
internal static class ObjectForm
{
    private static readonly string[] Top = ["kind", "apiVersion", "metadata"];

    private static readonly string[] Metadata =
    [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
    ];

    public static JsonObject Ordered(JsonObject json)
    {
        var ordered = Reorder(json, Top);
        ordered["metadata"] = Reorder(ordered["metadata"]!.AsObject(), Metadata);
        return ordered;
    }

    /// <summary>The same as parsed text: numbers then convert to whatever type is asked for.</summary>
    public static JsonObject Reread(JsonObject json) => JsonNode.Parse(StoredObject.Serialize(json))!.AsObject();

    /// <summary>Whether two objects differ by nothing but the version.</summary>
    public static bool SameContent(JsonObject a, JsonObject b)
    {
        var left = a.DeepClone().AsObject();
        var right = b.DeepClone().AsObject();
        left["metadata"]!.AsObject().Remove("resourceVersion");
        right["metadata"]!.AsObject().Remove("resourceVersion");
        return JsonNode.DeepEquals(left, right);
    }

    private static JsonObject Reorder(JsonObject json, string[] first)
    {
        var ordered = new JsonObject();
        foreach (var key in first.Where(json.ContainsKey).Concat(json.Select(p => p.Key).Except(first)))
        {
            ordered[key] = json[key]?.DeepClone();
        }

        return ordered;
    }
}
