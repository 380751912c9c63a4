using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Manifests;

/// <summary>What a validation found, and its two forms: lines for people, JSON for scripts.</summary>
internal sealed record ValidationOutcome(int Files, int Objects, ImmutableArray<string> UnknownKinds, TranslationResult Result)
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>By file and line; those without a place at the end.</summary>
    public ImmutableArray<Problem> Problems { get; } = [.. Result.Problems.OrderBy(problem => Place(problem.Location))];

    public bool HasProblems => Problems.Length > 0;

    /// <summary>A line per problem: <c>path:line: severity reason: object: field: message</c>; what does not apply is left out.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var problem in Problems)
        {
            text.Append(Line(problem)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One object: counts, and the problems with their fields apart.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("files", Files);
            json.WriteNumber("objects", Objects);
            json.WriteStartArray("ignoredKinds");
            foreach (var kind in UnknownKinds)
            {
                json.WriteStringValue(kind);
            }

            json.WriteEndArray();
            json.WriteStartArray("problems");
            foreach (var problem in Problems)
            {
                Write(json, problem);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static string Line(Problem problem)
    {
        var line = new StringBuilder();
        if (problem.Location is { } location)
        {
            line.Append(location).Append(": ");
        }

        line.Append(Severity(problem)).Append(' ').Append(problem.Reason).Append(": ");
        if (problem.Object.Kind != "File")
        {
            line.Append(problem.Object).Append(": ");
        }

        if (problem.Field.Length > 0)
        {
            line.Append(problem.Field).Append(": ");
        }

        return line.Append(ProblemSentence.Text(problem)).ToString();
    }

    private static void Write(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteString("location", problem.Location);
        json.WriteString("severity", Severity(problem));
        json.WriteString("reason", problem.Reason.ToString());
        json.WriteString("kind", problem.Object.Kind);
        json.WriteString("namespace", problem.Object.Namespace);
        json.WriteString("name", problem.Object.Name);
        json.WriteString("field", problem.Field);
        json.WriteString("value", problem.Value);
        json.WriteString("allowed", problem.Allowed);
        json.WriteString("message", problem.Message);
        json.WriteEndObject();
    }

    private static (bool Nowhere, string Path, int Line) Place(string? location)
    {
        var colon = location?.LastIndexOf(':') ?? -1;
        return colon < 0 || !int.TryParse(location.AsSpan(colon + 1), out var line) ? (location is null, location ?? "", 0) : (false, location![..colon], line);
    }

    private static string Severity(Problem problem) => problem.Severity == ProblemSeverity.Error ? "error" : "warning";
}
