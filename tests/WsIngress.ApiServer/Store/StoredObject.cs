using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>One version of one object: never changed, serialized once.</summary>
internal sealed class StoredObject
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _json;
    private byte[]? _bytes;
    private byte[]? _itemBytes;

    /// <param name="kind">Its kind.</param>
    /// <param name="json">The whole object; the caller gives it away.</param>
    public StoredObject(ResourceKind kind, JsonObject json)
    {
        Kind = kind;
        _json = json;
        var metadata = json["metadata"]!.AsObject();
        Name = (string)metadata["name"]!;
        Namespace = kind.Namespaced ? (string)metadata["namespace"]! : "";
        Version = long.Parse((string)metadata["resourceVersion"]!);
    }

    public ResourceKind Kind { get; }

    /// <summary>Empty for kinds outside namespaces.</summary>
    public string Namespace { get; }

    public string Name { get; }

    public long Version { get; }

    /// <summary>Order of lists: namespace, then name, by bytes.</summary>
    public string Key => KeyOf(Namespace, Name);

    /// <summary>Read only; writers take <see cref="Clone"/>.</summary>
    public JsonObject Json => _json;

    public JsonObject Metadata => _json["metadata"]!.AsObject();

    /// <summary>The object with kind and apiVersion, compact.</summary>
    public byte[] Bytes => _bytes ??= Serialize(_json);

    /// <summary>The object as an item of a list: without kind and apiVersion.</summary>
    public byte[] ItemBytes
    {
        get
        {
            if (_itemBytes is null)
            {
                var item = Clone();
                item.Remove("kind");
                item.Remove("apiVersion");
                _itemBytes = Serialize(item);
            }

            return _itemBytes;
        }
    }

    public static string KeyOf(string ns, string name) => $"{ns}/{name}";

    public static byte[] Serialize(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, Compact);

    public JsonObject Clone() => _json.DeepClone().AsObject();

    /// <summary>The same object under another version, as events show it.</summary>
    public StoredObject At(long version)
    {
        var json = Clone();
        json["metadata"]!["resourceVersion"] = version.ToString();
        return new StoredObject(Kind, json);
    }
}
