using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>SelfSubjectAccessReview, by which a client asks for its own rights.</summary>
internal static class Reviews
{
    public static bool Serves(ApiPath path) =>
        path is { Group: "authorization.k8s.io", Version: "v1", Plural: "selfsubjectaccessreviews", Name: "", Sub: null };

    public static JsonObject Answer(ApiPath path, Caller caller, JsonObject body)
    {
        var asked = body["spec"]?["resourceAttributes"] as JsonObject ?? throw ApiFailure.BadRequest("spec.resourceAttributes is required");
        string Text(string key) => (string?)asked[key] ?? "";
        var resource = Text("subresource").Length > 0 ? $"{Text("resource")}/{Text("subresource")}" : Text("resource");
        var allowed = caller.May(Text("verb"), Text("group"), resource, Text("namespace"), Text("name"));
        return new JsonObject
        {
            ["kind"] = "SelfSubjectAccessReview",
            ["apiVersion"] = $"{path.Group}/{path.Version}",
            ["metadata"] = new JsonObject(),
            ["spec"] = body["spec"]!.DeepClone(),
            ["status"] = new JsonObject { ["allowed"] = allowed },
        };
    }
}
