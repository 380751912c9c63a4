using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>JSON Patch (RFC 6902): add, remove, replace, move, copy, test.</summary>
internal static class JsonPatch
{
    /// <exception cref="ApiFailure">422 without details: an operation failed.</exception>
    public static JsonNode Apply(JsonObject target, JsonArray operations)
    {
        var root = target.DeepClone();
        foreach (var operation in operations)
        {
            var path = Pointer((string?)operation?["path"]);
            switch ((string?)operation!["op"])
            {
                case "test":
                    Check(JsonNode.DeepEquals(Find(root, path), operation["value"]));
                    break;
                case "add":
                    Add(root, path, operation["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(root, path);
                    break;
                case "replace":
                    Remove(root, path);
                    Add(root, path, operation["value"]?.DeepClone());
                    break;
                case "copy":
                    Add(root, path, Find(root, Pointer((string?)operation["from"]))?.DeepClone());
                    break;
                case "move":
                    var from = Pointer((string?)operation["from"]);
                    var moved = Find(root, from)?.DeepClone();
                    Remove(root, from);
                    Add(root, path, moved);
                    break;
                default:
                    throw Refused();
            }
        }

        return root;
    }

    private static string[] Pointer(string? text)
    {
        Check(text is ['/', ..]);
        return [.. text![1..].Split('/').Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    private static JsonNode? Find(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node switch
            {
                JsonObject map when map.ContainsKey(step) => map[step],
                JsonArray list => list[Index(step, list.Count - 1)],
                _ => throw Refused(),
            };
        }

        return node;
    }

    private static void Add(JsonNode root, string[] path, JsonNode? value)
    {
        switch (Find(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list:
                list.Insert(path[^1] == "-" ? list.Count : Index(path[^1], list.Count), value);
                break;
            default:
                throw Refused();
        }
    }

    private static void Remove(JsonNode root, string[] path)
    {
        switch (Find(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject map:
                Check(map.Remove(path[^1]));
                break;
            case JsonArray list:
                list.RemoveAt(Index(path[^1], list.Count - 1));
                break;
            default:
                throw Refused();
        }
    }

    private static int Index(string step, int last)
    {
        Check(int.TryParse(step, out var index) && index >= 0 && index <= last);
        return int.Parse(step);
    }

    private static void Check(bool holds)
    {
        if (!holds)
        {
            throw Refused();
        }
    }

    private static ApiFailure Refused() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request", new JsonObject());
}
