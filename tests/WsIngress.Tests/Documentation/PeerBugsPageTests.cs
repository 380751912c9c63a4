using System.Reflection;
using System.Text.RegularExpressions;
using WsIngress.Tests.Translation;
using Xunit;

namespace WsIngress.Tests.Documentation;

/// <summary>The tests that the page names exist and run, and no bug of its list lost its guard.</summary>
public sealed class PeerBugsPageTests
{
    private readonly Page _page = new("peer-bugs.md");

    [Fact]
    public void Every_bug_has_a_row_a_source_and_a_guard()
    {
        var rows = Rows();

        Assert.Equal(Enumerable.Range(1, 18).Select(i => $"{i}"), rows.Select(row => row[0]));
        Assert.All(rows, row =>
        {
            Assert.All(row[2].Split(", "), source => Assert.Matches("^[A-Za-z0-9-]+/[A-Za-z0-9.-]+#[0-9]+$", source));
            Assert.True(Tests(row[3]).Any(), row[3]);
        });
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        var types = typeof(PeerBugsPageTests).Assembly.GetTypes().Where(type => type.IsPublic).ToLookup(type => type.Name);
        var endToEnd = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "tests", "WsIngress.E2E"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);

        Assert.All(Rows().SelectMany(row => Tests(row[3])), test =>
        {
            var (name, method) = (test.Split('.')[0], test.Split('.')[1]);
            var here = types[name].Select(type => type.GetMethod(method)).Any(found => found?.GetCustomAttributes<FactAttribute>().Any() == true);
            Assert.True(here || endToEnd[name].Any(text => Regex.IsMatch(text, $@"\[(Fact|Theory)[^\n]*\n(?:\s+\[[^\n]*\n)*\s+public [\w ]+ {method}\(")), $"there is no test {test}");
        });
    }

    [Fact]
    public void Every_check_of_the_chart_that_is_named_exists()
    {
        var named = Rows().SelectMany(row => Regex.Matches(row[3], @"`(\w+\.test\.mjs)` \(([^)]*)\)")).ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, match =>
        {
            var text = File.ReadAllText(Path.Combine(SourceTree.Root, "charts", "checks", match.Groups[1].Value));
            Assert.All(Page.Quoted(match.Groups[2].Value), words => Assert.Matches($"""test\(["`][^"`\n]*{Regex.Escape(words)}["`]""", text));
        });
    }

    private IReadOnlyList<string[]> Rows() => _page.Rows("# Bugs of other ingresses, and what keeps them out");

    private static IEnumerable<string> Tests(string cell) => Page.Quoted(cell).Where(text => Regex.IsMatch(text, @"^\w+Tests\.\w+$"));
}
