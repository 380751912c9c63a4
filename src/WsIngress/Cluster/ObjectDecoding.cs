using System.Text.Json;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>An object of the API server as its model with only what is used, or the problem of one that cannot be read.</summary>
internal readonly record struct DecodedObject(ObjectKey Key, string Version, IKubernetesObject<V1ObjectMeta>? Object, Problem? Problem);

/// <summary>From the JSON of a list's item or of a watch event to a model. An object that does not fit its model hurts only itself.</summary>
internal sealed class ObjectDecoding(ObjectKindInfo kind)
{
    public DecodedObject Decode(JsonElement json)
    {
        var metadata = Member(json, "metadata");
        var key = new ObjectKey(Text(metadata, "namespace"), Text(metadata, "name"));
        var version = Text(metadata, "resourceVersion");
        try
        {
            var found = Read(json);
            found.ApiVersion = kind.ApiVersion;
            found.Kind = kind.Name;
            ObjectTrimming.Trim(found);
            return new(key, version, found, null);
        }
        catch (Exception bad) when (bad is JsonException or FormatException or InvalidOperationException or OverflowException or ArgumentException)
        {
            var field = bad is JsonException { Path: { } path } ? path.TrimStart('$', '.') : "";
            var problem = new Problem(
                new(kind.Name, key.Namespace, key.Name), ProblemReason.Unparsable, field, "", $"a {kind.Name} of {kind.ApiVersion}", $"the object cannot be read: {bad.Message}; its last good form stays");
            return new(key, version, null, problem);
        }
    }

    /// <summary>Of an object or of a bookmark; empty when it shows none.</summary>
    public static string VersionOf(JsonElement json) => Text(Member(json, "metadata"), "resourceVersion");

    public static string Text(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private IKubernetesObject<V1ObjectMeta> Read(JsonElement json) => kind.Kind switch
    {
        ObjectKind.Ingress => Read<V1Ingress>(json),
        ObjectKind.IngressClass => Read<V1IngressClass>(json),
        ObjectKind.Service => Read<V1Service>(json),
        ObjectKind.EndpointSlice => Read<V1EndpointSlice>(json),
        ObjectKind.Secret => Read<V1Secret>(json),
        ObjectKind.Namespace => Read<V1Namespace>(json),
        _ => throw new ArgumentOutOfRangeException(nameof(json), kind.Kind, "no such kind"),
    };

    private static T Read<T>(JsonElement json)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        KubernetesJson.Deserialize<T>(json) is { Metadata.Name.Length: > 0 } found ? found : throw new FormatException("it has no metadata.name");

    private static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) ? member : default;
}
