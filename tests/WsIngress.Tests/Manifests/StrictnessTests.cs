using System.Text;
using k8s.Models;
using WsIngress.Manifests;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Manifests;

/// <summary>What is refused and what is only warned of, with field, value, what is allowed and line.</summary>
public sealed class StrictnessTests
{
    private const string Head = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n";

    private static ManifestFile Read(string text, string path = "m.yaml") => new ManifestReader(ManifestLimits.Default).Read(path, Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("  annotations: {wsingress.io/websocket: on}", "metadata.annotations[wsingress.io/websocket]", 5, "on", "must be a string, found the boolean on; quote it: \"on\"")]
    [InlineData("  labels: {a: y}", "metadata.labels[a]", 5, "y", "must be a string, found the boolean y; quote it: \"y\"")]
    [InlineData("  annotations: {wsingress.io/websocket: yes}", "metadata.annotations[wsingress.io/websocket]", 5, "yes", "must be a string, found the boolean yes; quote it: \"yes\"")]
    [InlineData("  annotations:\n    x: 1\n    y: 030", "metadata.annotations[x]", 6, "1", "must be a string, found the number 1; quote it: \"1\"")]
    [InlineData("  annotations:\n    x:\n", "metadata.annotations[x]", 6, "", "must be a string, found nothing (null); write \"\" for an empty one")]
    [InlineData("  annotations: [a]", "metadata.annotations", 5, "", "must be a mapping, found a list")]
    [InlineData("spec: x", "spec", 5, "x", "must be a mapping, found the string \"x\"")]
    [InlineData("spec:\n  rules: {host: x}", "spec.rules", 6, "", "must be a list, found a mapping")]
    [InlineData("spec:\n  rules:\n  - null", "spec.rules[0]", 7, "null", "must be a mapping, found nothing (null)")]
    [InlineData("spec: {rules: [{host: 1.5}]}", "spec.rules[0].host", 5, "1.5", "must be a string, found the number 1.5; quote it: \"1.5\"")]
    [InlineData("spec: {defaultBackend: {service: {name: a, port: {number: \"80\"}}}}", "spec.defaultBackend.service.port.number", 5, "80", "must be a whole number of 32 bits, found the string \"80\"; write it without quotes")]
    [InlineData("spec: {defaultBackend: {service: {name: a, port: {number: 99999999999}}}}", "spec.defaultBackend.service.port.number", 5, "99999999999", "must be a whole number of 32 bits, found the number 99999999999")]
    [InlineData("spec: {defaultBackend: {service: {name: a, port: {number: 80.5}}}}", "spec.defaultBackend.service.port.number", 5, "80.5", "must be a whole number of 32 bits, found the number 80.5")]
    [InlineData("  creationTimestamp: yesterday", "metadata.creationTimestamp", 5, "yesterday", "must be a time such as 2025-01-31T12:00:00Z, found the string \"yesterday\"")]
    public void A_wrong_type_is_an_error_that_names_field_value_and_what_is_allowed(string rest, string field, int line, string value, string message)
    {
        var file = Read(Head + rest + "\n");

        Assert.Empty(file.Objects);
        var problem = file.Problems[0];
        Assert.Equal(ProblemReason.Unparsable, problem.Reason);
        Assert.Equal(ProblemSeverity.Error, problem.Severity);
        Assert.Equal(new ObjectReference("Ingress", "default", "a"), problem.Object);
        Assert.Equal((field, value, message), (problem.Field, problem.Value, problem.Message));
        Assert.Equal($"m.yaml:{line}", problem.Location);
    }

    [Theory]
    [InlineData("spec:\n  rulez: []", "spec.rulez", 6, "rules")]
    [InlineData("spec:\n  IngressClassName: x", "spec.IngressClassName", 6, "ingressClassName")]
    [InlineData("spec:\n  rules:\n  - host: x\n    http:\n      paths:\n      - pathtype: Exact", "spec.rules[0].http.paths[0].pathtype", 10, "pathType")]
    [InlineData("specification: {}", "specification", 5, null)]
    public void A_field_that_does_not_exist_is_a_warning_that_names_the_nearest_one(string rest, string field, int line, string? nearest)
    {
        var file = Read(Head + rest + "\n");

        Assert.Single(file.Objects);
        var problem = Assert.Single(file.Problems);
        Assert.Equal(ProblemSeverity.Warning, problem.Severity);
        Assert.Equal(field, problem.Field);
        Assert.Equal($"m.yaml:{line}", problem.Location);
        var advice = nearest is null ? "it has no effect" : $"it has no effect; did you mean {nearest}?";
        Assert.Equal("is a field that Ingress does not have; " + advice, problem.Message);
    }

    [Theory]
    [InlineData("kind: Ingress\nmetadata: {name: a}", "has no apiVersion (a string); every object needs apiVersion and kind")]
    [InlineData("apiVersion: v1\nmetadata: {name: a}", "has no kind (a string); every object needs apiVersion and kind")]
    [InlineData("- a\n- b", "must be a mapping with apiVersion, kind and metadata, found a list")]
    [InlineData("just text", "must be a mapping with apiVersion, kind and metadata, found the string \"just text\"")]
    [InlineData("apiVersion: v1\nkind: List\nitems: {}", "has items that must be a list, found a mapping")]
    [InlineData("a: 1\na: 2", "has the field a twice in one mapping")]
    [InlineData("? [a]\n: b", "uses a list or mapping as a field name; only strings are allowed")]
    [InlineData("a: *none", "uses the alias *none, which no anchor before it defines; quote a value that begins with *")]
    [InlineData("host: *.example.com", "uses the alias *.example.com, which no anchor before it defines; quote a value that begins with *")]
    [InlineData("a: [\nb]", "is no valid YAML: a value within [ ] or { } must be indented deeper than the field it belongs to")]
    [InlineData("a: &x [*x]", "uses the alias *x inside its own anchor")]
    [InlineData("a: !!binary aGk=", "has the tag tag:yaml.org,2002:binary, which does not fit the value or is not supported; allowed are !!str, !!int, !!float, !!bool and !!null")]
    [InlineData("a: !!int x", "has the tag tag:yaml.org,2002:int, which does not fit the value or is not supported; allowed are !!str, !!int, !!float, !!bool and !!null")]
    [InlineData("<<: 1", "merges (<<) a value that is no mapping")]
    public void A_document_that_is_no_object_is_an_error_of_the_file(string text, string message)
    {
        var problem = Assert.Single(Read("# first line\n" + text + "\n").Problems);

        Assert.Equal(new ObjectReference("File", "", "m.yaml"), problem.Object);
        Assert.Equal(ProblemReason.Unparsable, problem.Reason);
        Assert.Equal(message, problem.Message);
        Assert.Matches("^m.yaml:[234]$", problem.Location!);
    }

    [Theory]
    [InlineData("networking.k8s.io/v1beta1", "{name: a}", "apiVersion", "must be networking.k8s.io/v1, found networking.k8s.io/v1beta1")]
    [InlineData("extensions/v1beta1", "{name: a}", "apiVersion", "must be networking.k8s.io/v1, found extensions/v1beta1")]
    [InlineData("networking.k8s.io/v1", "{}", "metadata.name", "found none")]
    [InlineData("networking.k8s.io/v1", "{name: A_b}", "metadata.name", "found the string \"A_b\"")]
    [InlineData("networking.k8s.io/v1", "{name: a/b}", "metadata.name", "found the string \"a/b\"")]
    [InlineData("networking.k8s.io/v1", "{name: 12}", "metadata.name", "found the number 12")]
    [InlineData("networking.k8s.io/v1", "{name: a, namespace: a.b}", "metadata.namespace", "found the string \"a.b\"")]
    [InlineData("networking.k8s.io/v1", "{name: a, namespace: 7}", "metadata.namespace", "found the number 7")]
    public void An_object_without_a_usable_identity_is_an_error(string version, string metadata, string field, string message)
    {
        var file = Read($"apiVersion: {version}\nkind: Ingress\nmetadata: {metadata}\n");

        Assert.Empty(file.Objects);
        var problem = Assert.Single(file.Problems);
        Assert.Equal((ProblemReason.InvalidField, field), (problem.Reason, problem.Field));
        Assert.EndsWith(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.openshift.io/v1", "Ingress")]
    [InlineData("serving.knative.dev/v1", "Service")]
    [InlineData("apps/v1", "Deployment")]
    public void A_kind_of_another_group_is_named_and_ignored(string version, string kind)
    {
        var file = Read($"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: 5\n");

        Assert.Empty(file.Problems);
        Assert.Empty(file.Objects);
        Assert.Equal([$"{version} {kind}"], file.UnknownKinds);
    }

    [Fact]
    public void What_a_Secret_holds_is_never_told()
    {
        var text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  a: hunter2!\n  b: 4711\nstringData:\n  c: 815\n  d: true\n";

        var problems = Read(text).Problems;

        Assert.Equal(["data[a]", "data[b]", "stringData[c]", "stringData[d]"], problems.Select(problem => problem.Field));
        var all = string.Concat(problems.Select(problem => problem.Value + problem.Message + problem.Allowed));
        Assert.DoesNotContain("hunter", all, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", all, StringComparison.Ordinal);
        Assert.DoesNotContain("815", all, StringComparison.Ordinal);
        Assert.DoesNotContain("true", all, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_of_an_object_are_told_at_once_and_their_number_is_bounded()
    {
        var few = Read(Head + "  annotations: {a: 1, b: 2}\nspec: {rulez: 1}\n");
        Assert.Equal(3, few.Problems.Length);

        var many = Read(Head + string.Concat(Enumerable.Range(0, 500).Select(i => $"unknown{i}: 1\n")) + "spec: 5\n");
        Assert.Equal(50, many.Problems.Length);
        Assert.Equal("spec", many.Problems[^1].Field);
        Assert.Empty(many.Objects);
    }

    [Fact]
    public void Problems_of_one_file_are_bounded_and_the_rest_is_counted()
    {
        var text = string.Join("---\n", Enumerable.Range(0, 1005).Select(i => $"kind: {i}\n"));

        var problems = Read(text).Problems;

        Assert.Equal(1001, problems.Length);
        Assert.Equal("has 5 more problems, which are not shown", problems[^1].Message);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("off", false)]
    [InlineData("False", false)]
    public void Booleans_are_read_as_kubectl_reads_them(string written, bool expected)
    {
        var file = Read($"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  publishNotReadyAddresses: {written}\n");

        Assert.Equal(expected, Assert.IsType<V1Service>(Assert.Single(file.Objects).Written.Object).Spec.PublishNotReadyAddresses);
    }

    [Theory]
    [InlineData("80", 80)]
    [InlineData("0x50", 80)]
    [InlineData("0120", 80)]
    [InlineData("0o120", 80)]
    [InlineData("0b1010000", 80)]
    [InlineData("+8_0", 80)]
    [InlineData("!!int 80", 80)]
    public void Numbers_are_read_as_kubectl_reads_them(string written, int expected)
    {
        var file = Read($"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  ports: [{{port: {written}}}]\n");

        Assert.Equal(expected, Assert.IsType<V1Service>(Assert.Single(file.Objects).Written.Object).Spec.Ports[0].Port);
    }

    [Theory]
    [InlineData("'on'")]
    [InlineData("\"on\"")]
    [InlineData("!!str on")]
    [InlineData("|-\n      on")]
    public void A_quoted_word_is_a_string(string written)
    {
        var file = Read(Head + $"  annotations:\n    a: {written}\n");

        Assert.Empty(file.Problems);
        Assert.Equal("on", Assert.Single(file.Objects).Written.Object.Metadata.Annotations["a"]);
    }

    [Theory]
    [InlineData("2025-01-31")]
    [InlineData("1.2.3")]
    [InlineData("30s")]
    [InlineData("1:30")]
    [InlineData("Yess")]
    [InlineData("0x")]
    [InlineData("-x")]
    [InlineData("Null0")]
    public void A_word_that_only_looks_like_a_value_is_a_string(string written)
    {
        var file = Read(Head + $"  annotations: {{a: {written}}}\n");

        Assert.Empty(file.Problems);
        Assert.Equal(written, Assert.Single(file.Objects).Written.Object.Metadata.Annotations["a"]);
    }
}
