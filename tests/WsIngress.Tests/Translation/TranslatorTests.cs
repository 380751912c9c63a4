using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation;
using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Translation;

public sealed class TranslatorTests
{
    private static readonly TranslationOptions Classless = TranslationOptions.Default with { WatchIngressWithoutClass = true };

    [Fact]
    public void An_empty_snapshot_gives_an_empty_table()
    {
        var result = Translator.Translate(ClusterSnapshot.Empty, TranslationOptions.Default);
        Assert.Equal(RoutingTable.Empty.ContentHash, result.Table.ContentHash);
        Assert.Empty(result.Reports);
        Assert.Empty(result.Problems);
    }

    [Fact]
    public void A_defect_in_one_ingress_is_its_own_internal_error_and_the_others_are_served()
    {
        var snapshot = Echo() with { Ingresses = [Ingress("a", "a.example.com"), Ingress("b", "b.example.com"), Ingress("c", "c.example.com")] };
        var result = Translator.Translate(snapshot, Classless, new(), i => Explode(i, "b"));
        Assert.Equal(["a.example.com", "c.example.com"], result.Table.Hosts.Select(h => h.Host));
        var problem = Assert.Single(result.Problems);
        Assert.Equal((ProblemReason.InternalError, "Ingress default/b"), (problem.Reason, problem.Object.ToString()));
        Assert.Contains("on purpose", problem.Message, StringComparison.Ordinal);
        Assert.Equal([IngressState.Served, IngressState.Refused, IngressState.Served], result.Reports.Select(r => r.State));
    }

    [Fact]
    public void A_defect_half_way_leaves_nothing_of_its_ingress_behind()
    {
        var broken = Ingress("b", "b.example.com");
        broken.Spec.Tls = new ThrowingList();
        var result = Translator.Translate(Echo() with { Ingresses = [Ingress("a", "a.example.com"), broken] }, Classless);
        Assert.Equal(["a.example.com"], result.Table.Hosts.Select(h => h.Host));
        Assert.Equal([ProblemReason.InternalError], result.Problems.Select(p => p.Reason));
        Assert.Equal((IngressState.Refused, 0), (result.Reports[1].State, result.Reports[1].Routes));
    }

    [Fact]
    public void An_ingress_of_another_class_is_not_even_looked_at()
    {
        var other = Ingress("b", "b.example.com");
        other.Spec.IngressClassName = "other";
        var result = Translator.Translate(Echo() with { Ingresses = [other] }, Classless, new(), i => Explode(i, "b"));
        Assert.Equal(IngressState.Ignored, Assert.Single(result.Reports).State);
    }

    [Fact]
    public void The_policy_without_annotations_is_the_shared_default()
    {
        var result = Translator.Translate(Echo() with { Ingresses = [Ingress("a", "a.example.com")] }, Classless);
        var route = result.Table.Hosts[0].Routes[0];
        Assert.Same(RoutePolicy.Default, route.Policy);
        Assert.Same(BackendPolicy.Default, route.Backends[0].Policy);
    }

    [Fact]
    public void The_documented_defaults_are_what_an_ingress_without_annotations_gets()
    {
        foreach (var annotation in AnnotationCatalogue.All.Where(a => a.Targets.HasFlag(AnnotationTargets.Ingress)))
        {
            if (annotation.Parse(annotation.Default, out _) is null || annotation.Name.EndsWith("hash-by", StringComparison.Ordinal))
            {
                continue;
            }

            var ingress = Ingress("a", "a.example.com");
            ingress.Metadata.Annotations = new Dictionary<string, string> { [annotation.Name] = annotation.Default };
            var route = Translator.Translate(Echo() with { Ingresses = [ingress] }, Classless).Table.Hosts[0].Routes[0];
            Assert.Equal(RoutePolicy.Default, route.Policy);
            Assert.Equal(BackendPolicy.Default, route.Backends[0].Policy);
        }
    }

    [Fact]
    public void Equal_input_in_other_objects_has_the_same_hash_and_any_change_another()
    {
        var hash = Translator.Translate(Echo() with { Ingresses = [Ingress("a", "a.example.com")] }, Classless).Table.ContentHash;
        Assert.Equal(hash, Translator.Translate(Echo() with { Ingresses = [Ingress("a", "a.example.com")] }, Classless).Table.ContentHash);
        Assert.NotEqual(hash, Translator.Translate(Echo() with { Ingresses = [Ingress("a", "b.example.com")] }, Classless).Table.ContentHash);
        Assert.NotEqual(hash, Translator.Translate(Echo("10.0.0.2") with { Ingresses = [Ingress("a", "a.example.com")] }, Classless).Table.ContentHash);
    }

    [Fact]
    public void Ten_thousand_ingresses_are_all_served_and_share_what_they_share()
    {
        var ingresses = Enumerable.Range(0, 10_000).Select(i => Ingress($"web-{i:d5}", $"h{i}.example.com", "/", "/chat")).ToArray();
        var result = Translator.Translate(Echo() with { Ingresses = [.. ingresses] }, Classless);
        Assert.Equal(10_000, result.Table.Hosts.Length);
        Assert.All(result.Reports, r => Assert.Equal((IngressState.Served, 2), (r.State, r.Routes)));
        Assert.Single(result.Table.Backends);
        Assert.Empty(result.Problems);
    }

    internal static V1Ingress Ingress(string name, string host, params string[] paths) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Spec = new()
        {
            Rules = [new() { Host = host, Http = new() { Paths = [.. (paths.Length == 0 ? ["/"] : paths).Select(Path)] } }],
        },
    };

    internal static ClusterSnapshot Echo(string address = "10.0.0.1") => new()
    {
        Services = [new() { Metadata = new() { Name = "echo", NamespaceProperty = "default" }, Spec = new() { Ports = [new() { Port = 80 }] } }],
        EndpointSlices =
        [
            new()
            {
                Metadata = new() { Name = "echo-1", NamespaceProperty = "default", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "echo" } },
                AddressType = "IPv4",
                Ports = [new() { Port = 8080 }],
                Endpoints = [new() { Addresses = [address] }],
            },
        ],
    };

    private static V1HTTPIngressPath Path(string path) =>
        new() { Path = path, PathType = "Prefix", Backend = new() { Service = new() { Name = "echo", Port = new() { Number = 80 } } } };

    private static void Explode(V1Ingress ingress, string name)
    {
        if (ingress.Metadata.Name == name)
        {
            throw new InvalidOperationException("broken on purpose");
        }
    }

    private sealed class ThrowingList : List<V1IngressTLS>, IList<V1IngressTLS>
    {
        int ICollection<V1IngressTLS>.Count => throw new InvalidOperationException("broken on purpose");
    }
}
