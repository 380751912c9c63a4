using System.Text;
using WsIngress.Manifests;
using Xunit;

namespace WsIngress.Tests.Manifests;

/// <summary>From a field in the API's spelling to the line it is written at.</summary>
public sealed class FieldLinesTests
{
    private const string Text = """
        # line 1
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: first}
        --- # line 6
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: a
          annotations:
            wsingress.io/drain: spread
            "quoted/key": "x"
        spec:
          tls:
          - hosts: [a.example.com,
              b.example.com]
          rules:
          - host: one.example.com
          -
            host: two.example.com
            http:
              paths:
              - path: /a
              - pathType: Prefix
                path: /b
                backend:
                  service: {name: web, port: {number: 80}}

        """;

    private static readonly ManifestFile File = new ManifestReader(ManifestLimits.Default).Read("m.yaml", Encoding.UTF8.GetBytes(Text));

    [Theory]
    [InlineData("", 7)]
    [InlineData("kind", 8)]
    [InlineData("metadata.name", 10)]
    [InlineData("metadata.annotations", 11)]
    [InlineData("metadata.annotations[wsingress.io/drain]", 12)]
    [InlineData("metadata.annotations[quoted/key]", 13)]
    [InlineData("metadata.annotations[absent]", 11)]
    [InlineData("metadata.labels[absent]", 9)]
    [InlineData("spec.tls[0]", 16)]
    [InlineData("spec.tls[0].hosts[0]", 16)]
    [InlineData("spec.tls[0].hosts[1]", 17)]
    [InlineData("spec.tls[0].secretName", 16)]
    [InlineData("spec.rules", 18)]
    [InlineData("spec.rules[0]", 19)]
    [InlineData("spec.rules[0].http.paths[1].backend", 19)]
    [InlineData("spec.rules[1]", 21)]
    [InlineData("spec.rules[1].host", 21)]
    [InlineData("spec.rules[1].http.paths[0].path", 24)]
    [InlineData("spec.rules[1].http.paths[1].path", 26)]
    [InlineData("spec.rules[1].http.paths[1].backend", 27)]
    [InlineData("spec.rules[1].http.paths[1].backend.service.port.number", 28)]
    [InlineData("spec.rules[1].http.paths[1].backend.service.port.name", 28)]
    [InlineData("spec.rules[7].host", 18)]
    [InlineData("spec.rules[x].host", 18)]
    [InlineData("spec.defaultBackend.service", 14)]
    [InlineData("nonsense", 7)]
    [InlineData("spec.rules[1", 21)]
    [InlineData("[", 7)]
    [InlineData(".", 7)]
    [InlineData("..spec", 7)]
    public void A_field_is_found_at_its_line_or_at_that_of_its_nearest_parent(string field, int line)
    {
        Assert.Empty(File.Problems);
        Assert.Equal(line, File.Objects[1].Line(field));
    }

    [Fact]
    public void Lines_of_JSON_and_of_list_items_are_those_of_the_file()
    {
        var json = "\n{\"apiVersion\": \"v1\", \"kind\": \"List\",\n\"items\": [\n {\"apiVersion\":\"v1\",\n  \"kind\":\"Service\",\n  \"metadata\":{\n   \"name\":\"a\"}}]}";

        var file = new ManifestReader(ManifestLimits.Default).Read("m.json", Encoding.UTF8.GetBytes(json));

        Assert.Empty(file.Problems);
        var found = Assert.Single(file.Objects);
        Assert.Equal((4, 5, 7), (found.Line(""), found.Line("kind"), found.Line("metadata.name")));
    }

    [Fact]
    public void A_value_that_came_by_an_alias_is_found_where_it_is_written()
    {
        var text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n  labels: &l\n    x: z\n  annotations: *l\n";

        var found = Assert.Single(new ManifestReader(ManifestLimits.Default).Read("m.yaml", Encoding.UTF8.GetBytes(text)).Objects);

        Assert.Equal("z", found.Written.Object.Metadata.Annotations["x"]);
        Assert.Equal((7, 6), (found.Line("metadata.annotations"), found.Line("metadata.annotations[x]")));
    }
}
