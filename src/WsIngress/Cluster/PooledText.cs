using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WsIngress.Cluster;

/// <summary>
/// Reads strings from UTF-8 and keeps those that come again once: namespaces, words, hosts. The pool is a table of fixed size in which a
/// newcomer takes the place of whoever was there, so it cannot grow; threads may lose a place to each other, never a value.
/// </summary>
internal sealed class PooledText : JsonConverter<string>
{
    private const int Longest = 64;
    private const int Places = 1 << 14;

    private static readonly string?[] Pool = new string?[Places];

    public static string Of(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw new JsonException($"found {reader.TokenType} where a string belongs");
        }

        return reader.ValueIsEscaped || reader.HasValueSequence ? reader.GetString()! : Of(reader.ValueSpan);
    }

    public static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > Longest)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        // FNV-1a: short texts, and an attacker gains nothing by a collision but a missed saving.
        var hash = 2166136261u;
        foreach (var one in utf8)
        {
            hash = (hash ^ one) * 16777619u;
        }

        ref var place = ref Pool[(hash ^ (hash >> 15)) % Places];
        var known = Volatile.Read(ref place);
        if (known is not null && Ascii.Equals(utf8, known))
        {
            return known;
        }

        var made = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref place, made);
        return made;
    }

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(ref reader);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
