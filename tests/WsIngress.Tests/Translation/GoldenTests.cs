using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

public sealed class GoldenTests
{
    // Raised before or outside of the translation of any input: by the manifest reader, by the folder, by the API server's sources, by a defect of ours.
    private static readonly ProblemReason[] RaisedElsewhere = [ProblemReason.Unparsable, ProblemReason.Duplicate, ProblemReason.SecretForbidden, ProblemReason.InternalError];

    private static bool Update => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    [Theory]
    [MemberData(nameof(GoldenCase.Names), MemberType = typeof(GoldenCase))]
    public void A_folder_of_manifests_translates_to_its_golden_text(string name)
    {
        var golden = new GoldenCase(name);
        Assert.True(File.Exists(golden.Input), $"{name} has no in.yaml");
        var actual = GoldenText.Write(Translator.Translate(Manifests.Read(golden.Yaml), golden.Options));
        if (Update)
        {
            File.WriteAllText(golden.Output, actual);
        }

        Assert.True(File.Exists(golden.Output), $"{name} has no out.json; UPDATE_GOLDEN=1 writes it");
        Assert.Equal(File.ReadAllText(golden.Output), actual);
    }

    [Fact]
    public void There_are_at_least_80_goldens_with_names_that_read_as_sentences()
    {
        var names = GoldenCase.Names().Select(n => n.Data).ToList();
        Assert.True(names.Count >= 80, $"only {names.Count} goldens");
        Assert.All(names, n => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+){2,}$", n));
    }

    [Fact]
    public void Every_reason_that_translation_can_raise_has_a_golden()
    {
        var seen = GoldenCase.Names().Select(n => new GoldenCase(n.Data))
            .SelectMany(g => Translator.Translate(Manifests.Read(g.Yaml), g.Options).Problems)
            .Select(p => p.Reason)
            .ToHashSet();
        Assert.Empty(Enum.GetValues<ProblemReason>().Except(RaisedElsewhere).Except(seen));
        Assert.Empty(RaisedElsewhere.Intersect(seen));
    }
}
