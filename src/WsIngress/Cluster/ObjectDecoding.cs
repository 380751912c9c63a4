using System.Text.Json;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>An object of the API server as its model with only what is used, or the problem of one that cannot be read.</summary>
internal readonly record struct DecodedObject(ObjectKey Key, string Version, IKubernetesObject<V1ObjectMeta>? Object, Problem? Problem);

/// <summary>From the bytes of a list's item or of a watch event to a model. An object that does not fit its model hurts only itself.</summary>
/// <param name="kind">The kind of every object.</param>
/// <param name="wanted">Objects for which it is false are passed over unread; null takes all.</param>
internal sealed class ObjectDecoding(ObjectKindInfo kind, Func<ObjectKey, bool>? wanted = null)
{
    /// <summary>Null for an object that is not wanted.</summary>
    /// <param name="json">The object.</param>
    /// <param name="known">The last form of an object: at the same version it is the object, and the bytes are not read. Null knows none.</param>
    /// <exception cref="JsonException">The bytes are no JSON object.</exception>
    public DecodedObject? Decode(ReadOnlySpan<byte> json, Func<ObjectKey, IKubernetesObject<V1ObjectMeta>?>? known = null)
    {
        var (key, version) = Head(json);
        if (wanted?.Invoke(key) == false)
        {
            return null;
        }

        if (known?.Invoke(key) is { } same && version.Length > 0 && same.Metadata.ResourceVersion == version && same.Metadata.Uid is { Length: > 0 } uid && uid == Uid(json))
        {
            return new(key, version, same, null);
        }

        try
        {
            var found = (IKubernetesObject<V1ObjectMeta>)JsonSerializer.Deserialize(json, KeptFields.Of(kind.Kind))!;
            if (found.Metadata?.Name is not { Length: > 0 })
            {
                throw new JsonException("it has no metadata.name");
            }

            found.ApiVersion = kind.ApiVersion;
            found.Kind = kind.Name;
            return new(key, version, found, null);
        }
        catch (Exception bad) when (bad is JsonException or FormatException or InvalidOperationException or OverflowException)
        {
            return new(key, version, null, Unread(key, bad, json));
        }
    }

    /// <summary>Namespace, name and version of an object; empty where it does not say. Of a bookmark only the version is set.</summary>
    public static (ObjectKey Key, string Version) Head(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("it is no object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                return OfMetadata(ref reader);
            }

            reader.Read();
            reader.Skip();
        }

        return (new("", ""), "");
    }

    private static (ObjectKey Key, string Version) OfMetadata(ref Utf8JsonReader reader)
    {
        var (ns, name, version) = ("", "", "");
        reader.Read();
        while (reader.TokenType != JsonTokenType.Null && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.ValueTextEquals("name"u8) ? 1 : reader.ValueTextEquals("namespace"u8) ? 2 : reader.ValueTextEquals("resourceVersion"u8) ? 3 : 0;
            reader.Read();
            if (field == 0 || reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                continue;
            }

            var text = PooledText.Of(ref reader);
            (ns, name, version) = field switch { 1 => (ns, text, version), 2 => (text, name, version), _ => (ns, name, text) };
        }

        return (new(ns, name), version);
    }

    /// <summary>What a Secret holds is never told, also not when it is malformed.</summary>
    private Problem Unread(ObjectKey key, Exception bad, ReadOnlySpan<byte> json)
    {
        var field = bad is JsonException { Path: { } path } ? path.TrimStart('$', '.') : "";
        var why = kind.Kind == ObjectKind.Secret ? "a field has a wrong form" : bad.Message;
        return new(
            new(kind.Name, key.Namespace, key.Name), ProblemReason.Unparsable, field, "", $"a {kind.Name} of {kind.ApiVersion}", $"the object cannot be read: {why}; its last good form stays")
        {
            Uid = Uid(json),
        };
    }

    /// <summary>An object that never was readable is nowhere else; without its uid no Event could be told about it.</summary>
    private static string? Uid(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return JsonElement.ParseValue(ref reader) is var root
                && root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
                && metadata.TryGetProperty("uid", out var uid) && uid.ValueKind == JsonValueKind.String ? uid.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
