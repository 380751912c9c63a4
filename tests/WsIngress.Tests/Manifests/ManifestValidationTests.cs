using System.Collections.Immutable;
using System.Text.Json;
using WsIngress.Manifests;
using WsIngress.Routing;
using WsIngress.Tests.Sources;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Manifests;

public sealed class ManifestValidationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Says of every Ingress that its first backend does not exist.</summary>
    private static TranslationResult Translate(ClusterSnapshot snapshot)
    {
        var problems = snapshot.Ingresses.Select(Missing).ToImmutableArray();
        return new(RoutingTable.Empty, [], problems);
    }

    private static Problem Missing(k8s.Models.V1Ingress ingress)
    {
        var reference = new ObjectReference("Ingress", ingress.Metadata.NamespaceProperty, ingress.Metadata.Name);
        var field = "spec.rules[0].http.paths[0].backend.service.name";
        return new(reference, ProblemReason.ServiceNotFound, field, "web", "", "Service default/web does not exist") { Severity = ProblemSeverity.Warning };
    }

    private ValidationOutcome Run(params string[] paths) => new ManifestValidation(Translate).Run(paths.Select(_folder.At));

    [Fact]
    public void Problems_of_files_and_of_the_translation_have_file_and_line()
    {
        _folder.Write("sub/a.yaml", "# hello\n" + Yaml.Ingress("a"));
        _folder.Write("bad.yaml", Yaml.Service("web") + "---\nkind: [\n");
        _folder.Write("manifest.txt", Yaml.Ingress("b") + "---\n" + Yaml.Ingress("a") + "---\nkind: Pod\napiVersion: v1\n");

        var outcome = Run("sub", "bad.yaml", "manifest.txt");

        Assert.True(outcome.HasProblems);
        Assert.Equal((3, 3), (outcome.Files, outcome.Objects));
        Assert.Equal(["v1 Pod"], outcome.UnknownKinds);
        var lines = outcome.ToText().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.StartsWith($"{_folder.At("bad.yaml")}:1", lines[0], StringComparison.Ordinal);
        Assert.Contains(": error Unparsable: is no valid YAML: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{_folder.At("manifest.txt")}:15: warning ServiceNotFound: Ingress default/b: ", lines[1], StringComparison.Ordinal);
        Assert.Equal($"{_folder.At("manifest.txt")}:19: error Duplicate: Ingress default/a: metadata.name: is written twice; {_folder.At("sub/a.yaml")}:2 is used, {_folder.At("manifest.txt")}:19 is not", lines[2]);
        Assert.Equal($"{_folder.At("sub/a.yaml")}:16: warning ServiceNotFound: Ingress default/a: spec.rules[0].http.paths[0].backend.service.name: Service default/web does not exist", lines[3]);
    }

    [Fact]
    public void The_JSON_form_has_the_same_problems()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));

        using var json = JsonDocument.Parse(Run("a.yaml").ToJson());

        Assert.Equal(1, json.RootElement.GetProperty("files").GetInt32());
        var problem = Assert.Single(json.RootElement.GetProperty("problems").EnumerateArray());
        Assert.Equal($"{_folder.At("a.yaml")}:15", problem.GetProperty("location").GetString());
        Assert.Equal("warning", problem.GetProperty("severity").GetString());
        Assert.Equal("ServiceNotFound", problem.GetProperty("reason").GetString());
        Assert.Equal("web", problem.GetProperty("value").GetString());
    }

    [Fact]
    public void Good_manifests_have_no_problems_and_no_text()
    {
        _folder.Write("web.yaml", Yaml.Service("web"));

        var outcome = Run("web.yaml");

        Assert.False(outcome.HasProblems);
        Assert.Equal("", outcome.ToText());
    }

    [Fact]
    public void A_path_that_does_not_exist_is_an_error_that_names_it()
    {
        var failure = Assert.Throws<FileNotFoundException>(() => Run("none"));

        Assert.Equal($"{_folder.At("none")} does not exist.", failure.Message);
    }

    [Fact]
    public void Standalone_mode_needs_no_class_object()
    {
        Assert.True(ManifestValidation.StandaloneOptions.IngressClassByName);
        Assert.True(ManifestValidation.StandaloneOptions.WatchIngressWithoutClass);
    }
}
