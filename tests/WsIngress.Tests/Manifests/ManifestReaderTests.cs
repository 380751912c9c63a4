using System.Text;
using k8s.Models;
using WsIngress.Manifests;
using Xunit;

namespace WsIngress.Tests.Manifests;

public sealed class ManifestReaderTests
{
    private static ManifestFile Read(string text, string path = "m.yaml", ManifestFile? previous = null) =>
        new ManifestReader(ManifestLimits.Default).Read(path, Encoding.UTF8.GetBytes(text), previous);

    private static string[] Names(ManifestFile file) => [.. file.Objects.Select(found => $"{found.Written.Kind} {found.Written.Key}")];

    [Fact]
    public void A_file_of_several_documents_gives_an_object_for_each()
    {
        var file = Read(Yaml.Ingress("a") + "---\n" + Yaml.Service("web") + "---\n" + Yaml.Secret("s", "token", "abc"));

        Assert.Empty(file.Problems);
        Assert.Equal(["Ingress default/a", "Service default/web", "Secret default/s"], Names(file));
        var ingress = Assert.IsType<V1Ingress>(file.Objects[0].Written.Object);
        Assert.Equal("web", ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Name);
        Assert.Equal(80, ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Port.Number);
        Assert.Equal("default", ingress.Metadata.NamespaceProperty);
        Assert.Null(ingress.Metadata.CreationTimestamp);
        Assert.Equal("8080", Assert.IsType<V1Service>(file.Objects[1].Written.Object).Spec.Ports[0].TargetPort.ToString());
    }

    [Theory]
    [InlineData("\uFEFF", "\n")]
    [InlineData("", "\r\n")]
    [InlineData("# a comment\n---\n", "\n")]
    [InlineData("%YAML 1.1\n---\n", "\n")]
    [InlineData("---\n---\n\n--- # twice\n", "\n")]
    public void Byte_order_mark_line_endings_comments_and_directives_do_no_harm(string before, string newLine)
    {
        var file = Read(before + (Yaml.Ingress("a") + "---\n" + Yaml.Service("web")).ReplaceLineEndings(newLine));

        Assert.Empty(file.Problems);
        Assert.Equal(["Ingress default/a", "Service default/web"], Names(file));
    }
}
