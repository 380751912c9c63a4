using System.Text.Json;
using System.Text.Json.Serialization;

namespace WsIngress.Cluster;

/// <summary>Reads of a map only the entries whose keys are used; null when none is.</summary>
internal sealed class NarrowMap<T>(Func<string, bool> isRead, NarrowMap<T>.ValueReader read) : JsonConverter<IDictionary<string, T>>
{
    public delegate T ValueReader(ref Utf8JsonReader reader);

    public override IDictionary<string, T>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"found {reader.TokenType} where a mapping belongs");
        }

        Dictionary<string, T>? found = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = PooledText.Of(ref reader);
            reader.Read();
            if (!isRead(key))
            {
                reader.Skip();
            }
            else if (reader.TokenType != JsonTokenType.Null)
            {
                (found ??= new(2, StringComparer.Ordinal))[key] = read(ref reader);
            }
        }

        return found;
    }

    public override void Write(Utf8JsonWriter writer, IDictionary<string, T> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("objects are read, never written");
}
