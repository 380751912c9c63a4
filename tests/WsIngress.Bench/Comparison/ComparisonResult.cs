using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WsIngress.Bench.Comparison;

/// <summary>All that a run found: what `--json` writes and what the tables are made from.</summary>
internal sealed record ComparisonResult
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Date { get; init; }

    public required string Machine { get; init; }

    public required double Seconds { get; init; }

    public required int Rounds { get; init; }

    public required IReadOnlyList<PeerColumn> Peers { get; init; }

    public List<ResultRow> Rows { get; init; } = [];

    public static string ThisMachine() =>
        $"{File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "?"}, {Environment.ProcessorCount} cores, Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}";

    public static ComparisonResult Read(string file) => JsonSerializer.Deserialize<ComparisonResult>(File.ReadAllText(file), Json) ?? throw new FormatException($"{file}: empty");

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json) + "\n");
}

/// <summary>A column.</summary>
internal sealed record PeerColumn(string Name, string Version);

/// <summary>One metric of one scenario over all columns.</summary>
internal sealed record ResultRow(string Scenario, string Metric, string Unit, string? Target, bool OfLoad)
{
    /// <summary>By column.</summary>
    public SortedDictionary<string, ResultCell> Cells { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Whether wsingress, and every variant of it, is within the target; null without one, or without the figures for it.</summary>
    public Dictionary<string, bool> Met { get; init; } = [];
}

/// <summary>The figures of one column: the median counts, and only when every round was clean.</summary>
internal sealed record ResultCell
{
    public List<double> Rounds { get; init; } = [];

    public List<string>? Invalid { get; set; }

    public double? Median => Invalid is null && Rounds.Count > 0 ? MedianOf(Rounds) : null;

    /// <summary>To nginx, when both are valid.</summary>
    public double? Ratio { get; set; }

    private static double MedianOf(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
