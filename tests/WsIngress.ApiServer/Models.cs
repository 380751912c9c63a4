using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace WsIngress.ApiServer;

/// <summary>Objects as tests write them, as JSON.</summary>
internal static class Models
{
    /// <exception cref="ArgumentException">Neither a model nor a JSON object.</exception>
    public static JsonObject ToJson(object modelOrJsonText)
    {
        try
        {
            switch (modelOrJsonText)
            {
                case JsonObject json:
                    return ObjectForm.Reread(json);
                case string text:
                    return JsonNode.Parse(text) as JsonObject ?? throw new ArgumentException("The text is not a JSON object.", nameof(modelOrJsonText));
                case IKubernetesObject model:
                    var kind = model.GetType().GetCustomAttributes(typeof(KubernetesEntityAttribute), false).Cast<KubernetesEntityAttribute>().Single();
                    var written = JsonNode.Parse(KubernetesJson.Serialize(model))!.AsObject();
                    written["kind"] = kind.Kind;
                    written["apiVersion"] = kind.Group is { Length: > 0 } group ? $"{group}/{kind.ApiVersion}" : kind.ApiVersion;
                    MicroTime.Widen(KindOf(written), written);
                    return written;
                default:
                    throw new ArgumentException($"{modelOrJsonText.GetType()} is neither a model nor JSON text.", nameof(modelOrJsonText));
            }
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The text is not JSON: {e.Message}", nameof(modelOrJsonText), e);
        }
    }

    /// <exception cref="ArgumentException">The fake does not serve it.</exception>
    public static ResourceKind KindOf(JsonObject json) =>
        ResourceKind.All.FirstOrDefault(k => k.Kind == (string?)json["kind"] && k.ApiVersion == (string?)json["apiVersion"])
        ?? throw new ArgumentException($"The fake API server has no kind '{json["kind"]}' of '{json["apiVersion"]}'.", nameof(json));
}
