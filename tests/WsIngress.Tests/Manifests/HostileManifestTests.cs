using System.Text;
using WsIngress.Manifests;
using Xunit;

namespace WsIngress.Tests.Manifests;

/// <summary>Files made to hurt: each gives a problem soon, takes bounded memory, and spoils no other document.</summary>
public sealed class HostileManifestTests
{
    private const string Head = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n";

    private static ManifestFile Read(string text, string path = "m.yaml", ManifestLimits? limits = null) =>
        new ManifestReader(limits ?? ManifestLimits.Default).Read(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Nine levels of lists, each holding the one below nine times: 387 million values.</summary>
    private static string Laughs(string anchored, Func<string, string> nest)
    {
        var text = new StringBuilder().Append("x0: &x0 ").Append(anchored).Append('\n');
        for (var i = 1; i <= 9; i++)
        {
            text.Append($"x{i}: &x{i} ").Append(nest(string.Join(", ", Enumerable.Repeat($"*x{i - 1}", 9)))).Append('\n');
        }

        return text.ToString();
    }

    [Fact]
    public void Aliases_of_aliases_in_fields_that_are_not_read_cost_nothing()
    {
        var file = Read(Head + Laughs("lol", items => $"[{items}]"));

        Assert.Single(file.Objects);
        Assert.Equal(10, file.Problems.Length);
    }

    [Fact]
    public void Aliases_that_expand_to_very_many_values_are_refused()
    {
        var path = "{path: /, pathType: Prefix}";
        var paths = string.Join(", ", Enumerable.Repeat("*p", 2000));
        var rules = string.Join(", ", Enumerable.Repeat("*r", 2000));
        var file = Read(Head + $"p: &p {path}\nr: &r {{http: {{paths: [{paths}]}}}}\nspec: {{rules: [{rules}]}}\n");

        Assert.Empty(file.Objects);
        Assert.Contains(file.Problems, problem => problem.Message.Contains("expands to more than 1000000 values", StringComparison.Ordinal));
    }

    [Fact]
    public void Aliases_that_expand_to_very_many_bytes_are_refused()
    {
        var file = Read(Head + $"t: &t {new string('x', 100_000)}\nspec: {{rules: [{string.Join(", ", Enumerable.Repeat("{host: *t}", 1000))}]}}\n");

        Assert.Empty(file.Objects);
        Assert.Contains("bytes in one object", Assert.Single(file.Problems).Message);
    }

    [Fact]
    public void Lists_of_lists_by_aliases_are_refused()
    {
        var text = new StringBuilder("apiVersion: v1\nkind: List\nx0: &x0 {apiVersion: v1, kind: Pod}\n");
        for (var i = 1; i <= 7; i++)
        {
            text.Append($"x{i}: &x{i} {{apiVersion: v1, kind: List, items: [{string.Join(", ", Enumerable.Repeat($"*x{i - 1}", 9))}]}}\n");
        }

        var file = Read(text.Append("items: [*x7]\n").ToString());

        Assert.Empty(file.Objects);
        Assert.Contains("more than 100000 objects", Assert.Single(file.Problems).Message);
    }

    [Fact]
    public void Merge_keys_that_multiply_are_refused()
    {
        var text = new StringBuilder("base: &b {").AppendJoin(", ", Enumerable.Range(0, 2000).Select(i => $"k{i}: 1")).Append("}\n");
        for (var i = 0; i < 2000; i++)
        {
            text.Append($"m{i}: {{<<: *b}}\n");
        }

        Assert.Contains("more than 1000000 values", Assert.Single(Read(text.ToString()).Problems).Message);
    }

    [Theory]
    [InlineData("[", "m.yaml", 1_000_000)]
    [InlineData("{a: ", "m.yaml", 100_000)]
    [InlineData("- ", "m.yaml", 200_000)]
    [InlineData("? ", "m.yaml", 200_000)]
    [InlineData("[", "m.json", 1_000_000)]
    [InlineData("{\"a\":", "m.json", 1_000_000)]
    public void Deep_nesting_is_refused(string unit, string path, int times)
    {
        var problem = Assert.Single(Read(string.Concat(Enumerable.Repeat(unit, times)), path).Problems);

        Assert.Matches("nested deeper than 100 levels|is no valid (JSON|YAML)", problem.Message);
        Assert.True(problem.Message.Length < 300);
    }

    [Fact]
    public void Very_many_values_or_documents_are_refused()
    {
        Assert.Contains("more than 1000000 values", Assert.Single(Read("[" + string.Concat(Enumerable.Repeat("1,", 1_100_000)) + "1]").Problems).Message);
        Assert.Contains("more than 100000 documents", Assert.Single(Read(string.Concat(Enumerable.Repeat("a\n---\n", 100_001))).Problems).Message);
    }

    [Theory]
    [InlineData("a: \"unfinished")]
    [InlineData("a: 'unfinished")]
    [InlineData("a: b: c")]
    [InlineData("\ta: b")]
    [InlineData("a: @b")]
    [InlineData("%TAG ! x\n--- !\na")]
    [InlineData("a: !<unfinished b")]
    [InlineData("a: \"\\xZZ\"")]
    [InlineData("a: \u0007")]
    [InlineData("]")]
    [InlineData("a: &")]
    [InlineData("a: *")]
    [InlineData("!")]
    public void Broken_YAML_is_a_problem_of_its_document_alone(string broken)
    {
        var file = Read(Yaml.Service("before") + "---\n" + broken + "\n---\n" + Yaml.Service("after"));

        Assert.Equal(["before", "after"], file.Objects.Select(found => found.Written.Key.Name));
        Assert.NotEmpty(file.Problems);
        Assert.All(file.Problems, problem => Assert.Matches("^m.yaml:(9|1[0-3])$", problem.Location!));
    }

    [Theory]
    [InlineData("{", "is no valid JSON")]
    [InlineData("{\"a\": 1,}", "is no valid JSON")]
    [InlineData("{\"a\": \"\\ud800\"}", "invalid escape")]
    [InlineData("{\"a\": 1, \"a\": 2}", "has the field a twice")]
    [InlineData("{} x", "is no valid JSON")]
    public void Broken_JSON_is_a_problem(string text, string message)
    {
        Assert.Contains(message, Assert.Single(Read(text, "m.json").Problems).Message);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_a_problem()
    {
        var file = new ManifestReader(ManifestLimits.Default).Read("m.yaml", [0x61, 0xFF, 0xFE]);

        Assert.Equal("is no UTF-8 text", Assert.Single(file.Problems).Message);
    }
}
