using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using WsIngress.Translation;

namespace WsIngress.Manifests;

/// <summary>
/// Walks one object beside the schema of its kind, writes it as JSON, and collects the line of each field and what is wrong. A wrong
/// type is an error and the object is not used; a field that the API does not know is a warning and is left out.
/// </summary>
internal sealed class ObjectDecoder : IDisposable
{
    private const int MaxProblems = 50;

    private readonly ObjectReference _reference;
    private readonly DecodeBudget _budget;
    private readonly FieldLines.Builder _lines;
    private readonly List<ManifestProblem> _problems = [];
    private readonly StringBuilder _path = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    private ObjectDecoder(ObjectReference reference, ManifestNode root, DecodeBudget budget)
    {
        _reference = reference;
        _budget = budget;
        _lines = new(root.Line);
        _json = new(_buffer, new JsonWriterOptions { SkipValidation = true });
    }

    public static DecodedObject Decode(ManifestNode root, Type model, ObjectReference reference, DecodeBudget budget)
    {
        using var decoder = new ObjectDecoder(reference, root, budget);
        decoder.Members(root, FieldSchema.Of(model), 0);
        decoder._json.Flush();
        return new(decoder._buffer.WrittenMemory, decoder._lines.Build(), decoder._problems);
    }

    public void Dispose() => _json.Dispose();

    private void Members(ManifestNode node, FieldSchema schema, int depth)
    {
        _json.WriteStartObject();
        foreach (var member in node.Members)
        {
            _budget.Value(member.Line);
            var length = _path.Length;
            _path.Append(length == 0 ? "" : ".").Append(member.Name);
            if (!schema.Members.TryGetValue(member.Name, out var field))
            {
                Unknown(member, schema);
            }
            else if (member.Value.Type != NodeType.Null && field.Type != FieldType.Any)
            {
                _lines.Add(depth, member.Name, member.Line);
                _json.WritePropertyName(member.Name);
                Value(member.Value, field, depth);
            }

            _path.Length = length;
        }

        _json.WriteEndObject();
    }

    private void Map(ManifestNode node, FieldSchema element, int depth)
    {
        _json.WriteStartObject();
        foreach (var member in node.Members)
        {
            _budget.Value(member.Line);
            var length = _path.Length;
            _path.Append('[').Append(member.Name).Append(']');
            _lines.Add(depth, member.Name, member.Line);
            _json.WritePropertyName(member.Name);
            Value(member.Value, element, depth);
            _path.Length = length;
        }

        _json.WriteEndObject();
    }

    private void List(ManifestNode node, FieldSchema element, int depth)
    {
        _json.WriteStartArray();
        for (var i = 0; i < node.Items.Count; i++)
        {
            _budget.Value(node.Items[i].Line);
            var length = _path.Length;
            _path.Append('[').Append(i).Append(']');
            _lines.Add(depth, null, node.Items[i].Line);
            Value(node.Items[i], element, depth);
            _path.Length = length;
        }

        _json.WriteEndArray();
    }

    private void Value(ManifestNode node, FieldSchema schema, int depth)
    {
        switch (schema.Type)
        {
            case FieldType.Object when node.Type == NodeType.Mapping:
                Members(node, schema, depth + 1);
                break;
            case FieldType.Map when node.Type == NodeType.Mapping:
                Map(node, schema.Element!, depth + 1);
                break;
            case FieldType.List when node.Type == NodeType.Sequence:
                List(node, schema.Element!, depth + 1);
                break;
            default:
                Scalar(node, schema.Type);
                break;
        }

        _budget.Bytes(_json.BytesCommitted + _json.BytesPending, node.Line);
    }

    private void Scalar(ManifestNode node, FieldType type)
    {
        switch (type)
        {
            case FieldType.Text or FieldType.IntOrText when node.Type == NodeType.Text:
                _json.WriteStringValue(node.Text);
                break;
            case FieldType.Boolean when node.Type == NodeType.Boolean:
                _ = YamlScalar.TryBoolean(node.Text, out var flag);
                _json.WriteBooleanValue(flag);
                break;
            case FieldType.Int32 or FieldType.Int64 or FieldType.IntOrText when node.Type == NodeType.Integer && Number(node, type) is { } number:
                _json.WriteNumberValue(number);
                break;
            case FieldType.Time when node.Type == NodeType.Text && TryTime(node.Text, out var time):
                _json.WriteStringValue(time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
                break;
            case FieldType.Base64 when node.Type == NodeType.Text && TryBase64(node.Text, out var bytes):
                _json.WriteBase64StringValue(bytes);
                break;
            default:
                _json.WriteNullValue();
                Wrong(node, type);
                break;
        }
    }

    private static long? Number(ManifestNode node, FieldType type) =>
        YamlScalar.TryInteger(node.Text, out var number) && (type == FieldType.Int64 || number is >= int.MinValue and <= int.MaxValue) ? number : null;

    private static bool TryTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time) && text.Contains('T', StringComparison.Ordinal);

    private static bool TryBase64(string text, out ReadOnlySpan<byte> bytes)
    {
        var buffer = new byte[(text.Length / 4 * 3) + 3];
        var read = Convert.TryFromBase64String(text, buffer, out var length);
        bytes = buffer.AsSpan(0, length);
        return read;
    }

    private void Wrong(ManifestNode node, FieldType type)
    {
        var allowed = type switch
        {
            FieldType.Text => "a string",
            FieldType.Boolean => "true or false",
            FieldType.Int32 => "a whole number of 32 bits",
            FieldType.Int64 => "a whole number of 64 bits",
            FieldType.Time => "a time such as 2025-01-31T12:00:00Z",
            FieldType.Base64 => "a string in base64",
            FieldType.IntOrText => "a whole number of 32 bits or a string",
            FieldType.List => "a list",
            _ => "a mapping",
        };
        Add(node.Line, ProblemReason.Unparsable, ProblemSeverity.Error, IsSecret ? "" : ManifestNode.Cut(node.Text), allowed, $"must be {allowed}, found {Found(node)}{Advice(node, type)}");
    }

    private string Advice(ManifestNode node, FieldType type) => (type, node.Type) switch
    {
        (FieldType.Text, NodeType.Null) => "; write \"\" for an empty one",
        (FieldType.Text, NodeType.Boolean or NodeType.Integer or NodeType.Float) => IsSecret ? "; quote it" : $"; quote it: \"{ManifestNode.Cut(node.Text)}\"",
        (FieldType.Boolean, NodeType.Text) when YamlScalar.TryBoolean(node.Text, out _) => "; write it without quotes",
        (FieldType.Int32 or FieldType.Int64, NodeType.Text) when YamlScalar.TryInteger(node.Text, out _) => "; write it without quotes",
        _ => "",
    };

    private void Unknown(ManifestMember member, FieldSchema schema)
    {
        var nearest = NearestName.Of(member.Name, schema.Members.Keys);
        var advice = nearest is null ? "it has no effect" : $"it has no effect; did you mean {nearest}?";
        Add(member.Line, ProblemReason.Unparsable, ProblemSeverity.Warning, ManifestNode.Cut(member.Name), nearest ?? "", $"is a field that {_reference.Kind} does not have; {advice}");
    }

    /// <summary>What a Secret holds is never told, also not when it is malformed.</summary>
    private bool IsSecret => _reference.Kind == "Secret" && (_path.ToString() is var path) && (path.StartsWith("data", StringComparison.Ordinal) || path.StartsWith("stringData", StringComparison.Ordinal));

    private string Found(ManifestNode node) => !IsSecret ? node.Describe() : node.Type switch
    {
        NodeType.Text => "another string (not shown)",
        NodeType.Boolean => "a boolean (not shown)",
        NodeType.Integer or NodeType.Float => "a number (not shown)",
        _ => node.Describe(),
    };

    private void Add(int line, ProblemReason reason, ProblemSeverity severity, string value, string allowed, string message)
    {
        // The last place is kept for an error: it decides whether the object is used.
        var room = severity == ProblemSeverity.Error ? MaxProblems : MaxProblems - 1;
        if (_problems.Count < room)
        {
            var field = ManifestNode.Cut(_path.ToString());
            _problems.Add(new(new(_reference, reason, field, value, allowed, message) { Severity = severity }, line));
        }
    }
}

/// <summary>A walked object: its JSON, its lines and its problems; with an error among these the JSON is not to be used.</summary>
internal sealed record DecodedObject(ReadOnlyMemory<byte> Json, FieldLines Lines, List<ManifestProblem> Problems)
{
    public bool Usable => !Problems.Exists(found => found.Problem.Severity == ProblemSeverity.Error);
}
