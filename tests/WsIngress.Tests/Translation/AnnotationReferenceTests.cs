using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Translation;

public sealed class AnnotationReferenceTests
{
    [Fact]
    public void The_reference_is_what_the_catalogue_says()
    {
        var file = Path.Combine(SourceTree.Root, "docs", "annotations.md");
        var text = AnnotationReference.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        Assert.True(File.Exists(file), "docs/annotations.md is missing; UPDATE_DOCS=1 writes it");
        Assert.Equal(File.ReadAllText(file), text);
    }

    [Fact]
    public void The_examples_of_the_reference_hold_no_problem()
    {
        var lines = AnnotationReference.Write().Split('\n').Select(l => l.Split("  #")[0].Trim()).Where(l => l.StartsWith(AnnotationCatalogue.Prefix, StringComparison.Ordinal)).ToList();
        Assert.True(lines.Count >= 10, $"only {lines.Count} example lines");
        foreach (var line in lines)
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var annotation = AnnotationCatalogue.ByName[line[..colon]];
            Assert.True(annotation.Parse(line[(colon + 2)..].Trim('"'), out var error) is not null, $"{line}: {error}");
        }
    }

    [Fact]
    public void Every_row_is_complete_and_no_name_stands_twice()
    {
        Assert.Equal(AnnotationCatalogue.All.Length, AnnotationCatalogue.ByName.Count);
        Assert.All(AnnotationCatalogue.All, a =>
        {
            Assert.StartsWith("wsingress.io/", a.Name, StringComparison.Ordinal);
            Assert.EndsWith(".", a.Summary, StringComparison.Ordinal);
            Assert.DoesNotContain('|', a.Summary + a.Allowed + a.Default);
            Assert.NotEmpty(a.Allowed);
            Assert.NotEmpty(a.Default);
            Assert.Same(a, AnnotationCatalogue.All[a.Index]);
        });
    }
}
