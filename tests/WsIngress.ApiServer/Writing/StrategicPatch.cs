using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>As much of strategic merge as kubectl apply needs: a merge patch, lists with a known key merged by it, directives obeyed or dropped.</summary>
internal static class StrategicPatch
{
    /// <summary>Lists merged by a key, by the name of their member. All others are replaced, as the rules of an Ingress are.</summary>
    private static readonly Dictionary<string, string> MergeKeys = new()
    {
        ["ports"] = "port",
        ["ownerReferences"] = "uid",
        ["conditions"] = "type",
        ["containers"] = "name",
    };

    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        var result = target.DeepClone().AsObject();
        foreach (var (key, value) in patch)
        {
            if (key.StartsWith('$'))
            {
                continue;
            }

            switch (value)
            {
                case null:
                    result.Remove(key);
                    break;
                case JsonObject changes when (string?)changes["$patch"] == "delete":
                    result.Remove(key);
                    break;
                case JsonObject changes:
                    result[key] = Apply(result[key] as JsonObject ?? [], changes);
                    break;
                case JsonArray items when MergeKeys.TryGetValue(key, out var by) && result[key] is JsonArray present:
                    result[key] = Merge(present, items, by);
                    break;
                default:
                    result[key] = value.DeepClone();
                    break;
            }
        }

        return result;
    }

    private static JsonArray Merge(JsonArray present, JsonArray items, string by)
    {
        var merged = present.DeepClone().AsArray();
        foreach (var item in items.OfType<JsonObject>())
        {
            var at = merged.Select((node, i) => (node, i)).FirstOrDefault(p => JsonNode.DeepEquals(p.node?[by], item[by]), (null, -1)).Item2;
            if ((string?)item["$patch"] == "delete")
            {
                if (at >= 0)
                {
                    merged.RemoveAt(at);
                }
            }
            else if (at >= 0)
            {
                merged[at] = Apply(merged[at]!.AsObject(), item);
            }
            else
            {
                merged.Add(Apply([], item));
            }
        }

        return merged;
    }
}
