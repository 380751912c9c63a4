using System.CommandLine;
using System.Text.Json;

namespace WsIngress.Cli;

/// <summary>
/// The section <c>WsIngress</c> of an <c>appsettings.json</c>: names as in <see cref="Setting.Key"/> in any case; values are
/// strings, numbers, booleans (<c>true</c> is <c>on</c>) or lists of strings (joined by commas), and for <c>Default</c> an object of names and values;
/// <c>null</c> is absent.
/// Comments and trailing commas are allowed.
/// </summary>
internal sealed class SettingsFile
{
    public const string DefaultName = "appsettings.json";
    public const string Section = "WsIngress";
    private const int LargestFile = 1024 * 1024;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    private SettingsFile(string path) => Path = path;

    public string Path { get; }

    /// <summary>Every name that may stand in a file: one file may serve several commands.</summary>
    private static readonly Lazy<IReadOnlyCollection<string>> Known = new(() =>
        [.. new RunSettings(RunDefaults.Server).All.Concat(new ControllerSettings().All).Select(s => s.Key).Distinct()]);

    public static Option<string?> CreateOption() => new("--config")
    {
        Description = $"Settings file (default: {DefaultName} here, when there is one; also WSINGRESS_CONFIG)",
        HelpName = "FILE",
    };

    /// <summary>The file of <c>--config</c> or of WSINGRESS_CONFIG, or the one of the current directory; empty when there is none.</summary>
    /// <exception cref="UsageException">As below.</exception>
    public static SettingsFile Load(CliConsole console, string? asked)
    {
        asked ??= console.Environment("WSINGRESS_CONFIG");
        return Load(console.Directory, string.IsNullOrEmpty(asked) ? null : asked, Known.Value);
    }

    /// <summary>Reads <paramref name="asked"/>, or <c>appsettings.json</c> of <paramref name="directory"/> when there is one.</summary>
    /// <exception cref="UsageException">The file asked for is not there, is no JSON, or has a key not among <paramref name="known"/> or a value of another type.</exception>
    public static SettingsFile Load(string directory, string? asked, IReadOnlyCollection<string> known)
    {
        var path = System.IO.Path.Combine(directory, asked ?? DefaultName);
        var file = new SettingsFile(asked ?? DefaultName);
        if (!File.Exists(path))
        {
            return asked is null ? file : throw new UsageException($"--config: there is no file '{asked}'");
        }

        try
        {
            if (new FileInfo(path).Length > LargestFile)
            {
                throw new UsageException($"{file.Path}: larger than {LargestFile} bytes");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            file.ReadRoot(document.RootElement, known);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file.Path}:{e.LineNumber + 1}: not JSON: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file.Path}: {e.Message}");
        }

        return file;
    }

    public string? Find(string key) => _values.GetValueOrDefault(key);

    private void ReadRoot(JsonElement root, IReadOnlyCollection<string> known)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new UsageException($"{Path}: a JSON object is expected");
        }

        foreach (var section in root.EnumerateObject().Where(p => string.Equals(p.Name, Section, StringComparison.OrdinalIgnoreCase)))
        {
            if (section.Value.ValueKind != JsonValueKind.Object)
            {
                throw new UsageException($"{Path}: {Section}: a JSON object is expected");
            }

            foreach (var entry in section.Value.EnumerateObject())
            {
                ReadEntry(entry, known);
            }
        }
    }

    private void ReadEntry(JsonProperty entry, IReadOnlyCollection<string> known)
    {
        if (!known.Contains(entry.Name, StringComparer.OrdinalIgnoreCase))
        {
            throw new UsageException($"{Path}: {Section}:{entry.Name} is no option; allowed: {string.Join(", ", known)}");
        }

        if (entry.Value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        _values[entry.Name] = (IsMap(entry) ? Lines(entry.Value) : Text(entry.Value))
            ?? throw new UsageException($"{Path}: {Section}:{entry.Name}: {(IsMap(entry) ? "an object of names and texts, numbers or booleans" : "a string, number, boolean or list of strings")} is expected");
    }

    private static bool IsMap(JsonProperty entry) =>
        entry.Value.ValueKind == JsonValueKind.Object && entry.Name.Equals(DefaultSetting.Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Lines of <c>name=value</c>, as the repeated flag would give them.</summary>
    private static string? Lines(JsonElement map) =>
        map.EnumerateObject().Select(entry => Text(entry.Value) is { } text ? $"{entry.Name}={text}" : null).ToArray() is var lines && Array.TrueForAll(lines, line => line is not null)
            ? string.Join('\n', lines)
            : null;

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "on",
        JsonValueKind.False => "off",
        JsonValueKind.Array when value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String) =>
            string.Join(',', value.EnumerateArray().Select(v => v.GetString())),
        _ => null,
    };
}
