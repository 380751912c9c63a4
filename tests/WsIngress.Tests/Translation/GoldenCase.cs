using System.Text.Json;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>One folder: <c>in.yaml</c>, the expected <c>out.json</c>, and <c>options.json</c> where the defaults will not do.</summary>
internal sealed class GoldenCase(string name)
{
    private static readonly JsonSerializerOptions Strict = new() { PropertyNameCaseInsensitive = false, UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    public string Input => Path.Combine(SourceTree.Goldens, name, "in.yaml");

    public string Output => Path.Combine(SourceTree.Goldens, name, "out.json");

    public TranslationOptions Options
    {
        get
        {
            var file = Path.Combine(SourceTree.Goldens, name, "options.json");
            return File.Exists(file) ? JsonSerializer.Deserialize<TranslationOptions>(File.ReadAllText(file), Strict)! : TranslationOptions.Default;
        }
    }

    public string Yaml => File.ReadAllText(Input);

    public static TheoryData<string> Names() => [.. Directory.GetDirectories(SourceTree.Goldens).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];
}
