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

    [Fact]
    public void Lists_are_opened_typed_and_nested_and_their_items_need_no_kind()
    {
        var file = Read("""
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Service, metadata: {name: one}}
            - apiVersion: networking.k8s.io/v1
              kind: IngressList
              items:
              - metadata: {name: two}
              - {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: three}}
            - apiVersion: v1
              kind: List
              items: [{apiVersion: v1, kind: SecretList, items: [{metadata: {name: four, namespace: ns}}]}]
            - {apiVersion: v1, kind: PodList, items: [{metadata: {name: p}}]}
            - {apiVersion: v1, kind: ServiceList, items: null}
            """);

        Assert.Empty(file.Problems);
        Assert.Equal(["Service default/one", "Ingress default/two", "Ingress default/three", "Secret ns/four"], Names(file));
        Assert.Equal("networking.k8s.io/v1", file.Objects[1].Written.Object.ApiVersion);
        Assert.Equal(["PodList"], file.UnknownKinds);
    }

    [Fact]
    public void JSON_may_hold_several_values_one_after_another()
    {
        var file = Read("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}} {"apiVersion":"v1","kind":"Service","metadata":{"name":"b"}}""", "m.json");

        Assert.Empty(file.Problems);
        Assert.Equal(["Service default/a", "Service default/b"], Names(file));
    }

    [Fact]
    public void The_text_form_of_a_Secret_is_merged_over_its_data()
    {
        var file = Read("""
            apiVersion: v1
            kind: Secret
            metadata: {name: s}
            data:
              a: b2xk
              b: |
                a2Vw
                dA==
            stringData: {a: new}
            """);

        Assert.Empty(file.Problems);
        var secret = Assert.IsType<V1Secret>(Assert.Single(file.Objects).Written.Object);
        Assert.Equal("new", Encoding.UTF8.GetString(secret.Data["a"]));
        Assert.Equal("kept", Encoding.UTF8.GetString(secret.Data["b"]));
        Assert.Null(secret.StringData);
    }

    [Fact]
    public void An_exported_object_is_read_with_its_times_and_without_its_managed_fields()
    {
        var file = Read("""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              creationTimestamp: "2025-01-31T12:00:00Z"
              generation: 3
              managedFields:
              - {apiVersion: v1, fieldsV1: {"f:spec": {".": {}}}, manager: kubectl, time: "2025-01-31T12:00:00Z"}
              name: a
              resourceVersion: "77"
              uid: 4ee2
            spec: {}
            status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}
            """);

        Assert.Empty(file.Problems);
        var metadata = Assert.Single(file.Objects).Written.Object.Metadata;
        Assert.Equal(new DateTime(2025, 1, 31, 12, 0, 0, DateTimeKind.Utc), metadata.CreationTimestamp);
        Assert.Equal(DateTimeKind.Utc, metadata.CreationTimestamp!.Value.Kind);
        Assert.Null(metadata.ManagedFields);
        Assert.Equal(3, metadata.Generation);
    }

    [Fact]
    public void A_class_has_no_namespace()
    {
        var file = Read("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: c}\nspec: {controller: x/y}\n");

        Assert.Equal(["IngressClass c"], Names(file));
        Assert.Null(file.Objects[0].Written.Object.Metadata.NamespaceProperty);
    }

    [Fact]
    public void Anchors_and_merge_keys_work_and_own_members_win()
    {
        var file = Read("""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: a
              labels: &base {one: "1", two: "2"}
              annotations:
                <<: [*base, {two: x, three: "3"}]
                one: own
            """);

        Assert.Empty(file.Problems);
        var annotations = file.Objects[0].Written.Object.Metadata.Annotations;
        Assert.Equal(["one=own", "three=3", "two=2"], annotations.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_broken_document_keeps_its_last_good_object_and_the_others_follow_the_file()
    {
        var good = Read(Yaml.Ingress("a", "a1.example.com") + "---\n" + Yaml.Ingress("b", "b1.example.com") + "---\n" + Yaml.Ingress("c", "c1.example.com"));
        var wrong = Yaml.Ingress("b", "b2.example.com").Replace("number: 80", "number: eighty", StringComparison.Ordinal);

        var next = Read(Yaml.Ingress("a", "a2.example.com") + "---\n" + wrong, previous: good);

        string Host(string name) => ((V1Ingress)next.Objects.Single(found => found.Written.Key.Name == name).Written.Object).Spec.Rules[0].Host;
        Assert.Equal(["Ingress default/a", "Ingress default/b"], Names(next));
        Assert.Equal("a2.example.com", Host("a"));
        Assert.Equal("b1.example.com", Host("b"));
        Assert.Equal("m.yaml:35", Assert.Single(next.Problems).Location);
    }

    [Fact]
    public void A_document_that_cannot_be_read_keeps_every_object_of_the_file_that_is_missing()
    {
        var good = Read(Yaml.Ingress("a") + "---\n" + Yaml.Ingress("b") + "---\n" + Yaml.Ingress("c"));

        var next = Read(Yaml.Ingress("a", "new.example.com") + "---\nkind: [", previous: good);
        var still = Read(Yaml.Ingress("a", "newer.example.com") + "---\nkind: [", previous: next);
        var repaired = Read(Yaml.Ingress("a"), previous: still);

        Assert.Equal(["Ingress default/a", "Ingress default/b", "Ingress default/c"], Names(next));
        Assert.Equal("new.example.com", ((V1Ingress)next.Objects[0].Written.Object).Spec.Rules[0].Host);
        Assert.Equal(3, still.Objects.Length);
        Assert.Equal(["Ingress default/a"], Names(repaired));
    }
}
