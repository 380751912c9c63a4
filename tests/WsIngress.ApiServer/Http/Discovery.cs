using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>/version, health, /api, /apis and the resource lists.</summary>
internal static class Discovery
{
    private static readonly string[] Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];

    public static async Task AnswerAsync(HttpContext http, string path, CancellationToken stop)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            throw ApiFailure.MethodNotAllowed();
        }

        if (path is "/healthz" or "/livez" or "/readyz")
        {
            await ApiResponse.TextAsync(http, 200, "ok", stop);
            return;
        }

        if (Body(path) is { } body)
        {
            await ApiResponse.JsonAsync(http, 200, body, stop);
            return;
        }

        await ApiResponse.TextAsync(http, 404, "404 page not found\n", stop);
    }

    private static JsonObject? Body(string path)
    {
        var groups = ResourceKind.All.Select(k => k.Group).Where(g => g.Length > 0).Distinct().ToArray();
        return path.TrimEnd('/').Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [] => new JsonObject { ["paths"] = new JsonArray("/api", "/api/v1", "/apis", "/version") },
            ["version"] => Version(),
            ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
            ["api", "v1"] => Resources("", "v1"),
            ["apis"] => new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. groups.Select(g => Group(g))]) },
            ["apis", var group] when groups.Contains(group) => Group(group, alone: true),
            ["apis", var group, "v1"] when groups.Contains(group) => Resources(group, "v1"),
            _ => null,
        };
    }

    private static JsonObject Version() => new()
    {
        ["major"] = "1",
        ["minor"] = "36",
        ["gitVersion"] = "v1.36.2",
        ["gitCommit"] = "fake",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "2026-01-01T00:00:00Z",
        ["goVersion"] = "none",
        ["compiler"] = "none",
        ["platform"] = "linux/amd64",
    };

    private static JsonObject Group(string group, bool alone = false)
    {
        var json = alone ? new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" } : [];
        json["name"] = group;
        json["versions"] = new JsonArray(new JsonObject { ["groupVersion"] = $"{group}/v1", ["version"] = "v1" });
        json["preferredVersion"] = new JsonObject { ["groupVersion"] = $"{group}/v1", ["version"] = "v1" };
        return json;
    }

    private static JsonObject Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var kind in ResourceKind.All.Where(k => k.Group == group && k.Version == version))
        {
            var entry = Resource(kind.Plural, kind.Kind.ToLowerInvariant(), kind, Verbs);
            if (kind.ShortName.Length > 0)
            {
                entry["shortNames"] = new JsonArray(kind.ShortName);
            }

            resources.Add(entry);
            if (kind.HasStatus)
            {
                resources.Add(Resource($"{kind.Plural}/status", "", kind, ["get", "patch", "update"]));
            }
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static JsonObject Resource(string name, string singular, ResourceKind kind, string[] verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = singular,
        ["namespaced"] = kind.Namespaced,
        ["kind"] = kind.Kind,
        ["verbs"] = new JsonArray([.. verbs.Select(v => JsonValue.Create(v))]),
    };
}
