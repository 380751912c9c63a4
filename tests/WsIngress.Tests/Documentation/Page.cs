using System.Text.RegularExpressions;
using WsIngress.Tests.Translation;
using Xunit;

namespace WsIngress.Tests.Documentation;

/// <summary>A page of <c>docs</c>, by its sections and tables.</summary>
internal sealed class Page(string name)
{
    private readonly string _text = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", name));

    /// <summary>From a heading to the next of the same or a higher level.</summary>
    public string Section(string heading)
    {
        var start = $"\n{_text}".IndexOf($"\n{heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{name} has no '{heading}'");
        var level = heading.TakeWhile(c => c == '#').Count();
        var body = _text[(start + heading.Length)..];
        var end = Regex.Match(body, $@"^#{{1,{level}}} ", RegexOptions.Multiline);
        return end.Success ? body[..end.Index] : body;
    }

    /// <summary>The cells of every row of a section's tables, their heads left out.</summary>
    public IReadOnlyList<string[]> Rows(string heading)
    {
        var lines = Section(heading).Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) || l.StartsWith("|--", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(lines);
        return [.. lines.Where((line, i) => !line.StartsWith("|--", StringComparison.Ordinal) && !(i + 1 < lines.Length && lines[i + 1].StartsWith("|--", StringComparison.Ordinal)))
            .Select(line => Regex.Split(line.Trim().Trim('|'), @"(?<!\\)\|").Select(cell => cell.Trim()).ToArray())];
    }

    /// <summary>What stands between backticks.</summary>
    public static IEnumerable<string> Quoted(string text) => Regex.Matches(text, "`([^`]+)`").Select(m => m.Groups[1].Value);
}
