using System.Collections.Immutable;
using System.Text;
using k8s;
using k8s.Models;
using WsIngress.Cluster;
using WsIngress.Sources;
using WsIngress.Tests.Translation;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>From the bytes of the API server to models.</summary>
public sealed class ObjectDecodingTests
{
    public static TheoryData<string> Names() => GoldenCase.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_translation_misses_no_field_that_is_not_read(string name)
    {
        var golden = new GoldenCase(name);
        var whole = WsIngress.Tests.Translation.Manifests.Read(golden.Yaml);
        var read = new ClusterSnapshot
        {
            Ingresses = Through(whole.Ingresses),
            IngressClasses = Through(whole.IngressClasses),
            Services = Through(whole.Services),
            EndpointSlices = Through(whole.EndpointSlices),
            Secrets = Through(whole.Secrets),
            Namespaces = Through(whole.Namespaces),
        };

        Assert.Equal(GoldenText.Write(Translator.Translate(whole, golden.Options)), GoldenText.Write(Translator.Translate(read, golden.Options)));
    }

    [Fact]
    public void An_object_that_is_known_under_its_version_and_uid_is_taken_over()
    {
        var decoding = new ObjectDecoding(ObjectKindInfo.Of(ObjectKind.Service));
        var known = Read("7", "u", null);

        Assert.Same(known, Read("7", "u", known));
        Assert.NotSame(known, Read("8", "u", known));
        Assert.NotSame(known, Read("7", "v", known));
        Assert.NotSame(known, Read("7", "u", null));

        IKubernetesObject<V1ObjectMeta> Read(string version, string uid, IKubernetesObject<V1ObjectMeta>? last)
        {
            var json = $$$"""{"metadata":{"name":"a","namespace":"n","uid":"{{{uid}}}","resourceVersion":"{{{version}}}"},"spec":{}}""";
            return decoding.Decode(Encoding.UTF8.GetBytes(json), _ => last)!.Value.Object!;
        }
    }

    [Fact]
    public void What_nobody_reads_is_not_kept()
    {
        var service = (V1Service)Decode(ObjectKind.Service, """
            {"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"7","labels":{"x":"y"},"managedFields":[{"manager":"m"}],
             "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","wsingress.io/affinity":"cookie"}},
             "spec":{"selector":{"app":"a"},"clusterIP":"10.0.0.1","ports":[{"port":80,"targetPort":"http","protocol":"TCP"}]},"status":{"loadBalancer":{}}}
            """).Object!;

        Assert.Null(service.Metadata.ManagedFields);
        Assert.Null(service.Metadata.Labels);
        Assert.Null(service.Spec.Selector);
        Assert.Equal(["wsingress.io/affinity"], service.Metadata.Annotations.Keys);
        Assert.Equal(("v1", "Service", "7", 80), (service.ApiVersion, service.Kind, service.Metadata.ResourceVersion, service.Spec.Ports[0].Port));
    }

    [Fact]
    public void Of_a_Secret_only_certificates_and_keys_are_kept()
    {
        var secret = (V1Secret)Decode(ObjectKind.Secret, """{"metadata":{"name":"a","namespace":"n"},"type":"Opaque","data":{"tls.crt":"QQ==","password":"QQ==","ca.crt":"Qg==","tls.key":null}}""").Object!;

        Assert.Equal(["tls.crt", "ca.crt"], secret.Data.Keys);
    }

    [Theory]
    [InlineData(ObjectKind.Service, """{"metadata":{"name":"a","namespace":"n","resourceVersion":"7"},"spec":{"ports":[{"port":"many"}]}}""", "spec.ports[0].port")]
    [InlineData(ObjectKind.Ingress, """{"metadata":{"resourceVersion":"7","name":"a","namespace":"n"},"spec":[]}""", "spec")]
    [InlineData(ObjectKind.Secret, """{"metadata":{"name":"a","namespace":"n","resourceVersion":"7"},"data":{"tls.crt":"secret!"}}""", "data")]
    [InlineData(ObjectKind.EndpointSlice, """{"spec":{"metadata":1},"metadata":{"name":"a","x":{"name":"b"},"namespace":"n","resourceVersion":"7","labels":3}}""", "metadata.labels")]
    public void An_object_that_does_not_fit_its_model_is_a_problem_of_its_own(object kind, string json, string field)
    {
        var decoded = Decode((ObjectKind)kind, json);

        Assert.Null(decoded.Object);
        Assert.Equal((new ObjectKey("n", "a"), "7"), (decoded.Key, decoded.Version));
        Assert.Equal(ProblemReason.Unparsable, decoded.Problem!.Reason);
        Assert.StartsWith(field, decoded.Problem.Field, StringComparison.Ordinal);
        Assert.DoesNotContain("secret!", decoded.Problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_lists_of_an_EndpointSlice_are_read()
    {
        var slice = (V1EndpointSlice)Decode(ObjectKind.EndpointSlice, """{"metadata":{"name":"a","namespace":"n"},"addressType":"IPv4","endpoints":null,"ports":null}""").Object!;

        Assert.True(slice.Endpoints is null && slice.Ports is null);
    }

    [Fact]
    public void Words_that_return_are_kept_once()
    {
        const string Json = """{"metadata":{"name":"a","namespace":"a-namespace"},"spec":{"type":"ClusterIP"}}""";
        var (one, two) = ((V1Service)Decode(ObjectKind.Service, Json).Object!, (V1Service)Decode(ObjectKind.Service, Json).Object!);

        Assert.Same(one.Metadata.NamespaceProperty, two.Metadata.NamespaceProperty);
        Assert.Same(one.Spec.Type, two.Spec.Type);
    }

    [Fact]
    public void A_large_cluster_costs_little_memory()
    {
        _ = (Decode(ObjectKind.Ingress, Ingress(0)), Decode(ObjectKind.Service, Service(0)), Decode(ObjectKind.EndpointSlice, Slice(0)));
        var kept = new List<object>(40_000);
        var spent = 0L;
        for (var i = 0; i < 20_000; i++)
        {
            spent += Keep(kept, ObjectKind.EndpointSlice, Slice(i)) + (i % 2 == 0 ? Keep(kept, ObjectKind.Ingress, Ingress(i)) + Keep(kept, ObjectKind.Service, Service(i)) : 0);
        }

        // What decoding allocates bounds what is kept: 10,000 Ingresses, 10,000 Services, 20,000 EndpointSlices of two pods each.
        Assert.Equal(40_000, kept.Count);
        Assert.InRange(spent, 10L * 1024 * 1024, 128L * 1024 * 1024);
    }

    private static long Keep(List<object> kept, ObjectKind kind, string json)
    {
        var (decoding, bytes) = (new ObjectDecoding(ObjectKindInfo.Of(kind)), Encoding.UTF8.GetBytes(json));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = decoding.Decode(bytes);
        var spent = GC.GetAllocatedBytesForCurrentThread() - before;
        kept.Add(found!.Value.Object!);
        return spent;
    }

    private static string Metadata(string name, int i) =>
        $$$$$$$"""{"name":"{{{{{{{name}}}}}}}-{{{{{{{i}}}}}}}","namespace":"team-{{{{{{{i % 50}}}}}}}","uid":"{{{{{{{Guid.NewGuid()}}}}}}}","resourceVersion":"{{{{{{{i + 1000}}}}}}}","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"kubernetes.io/service-name":"app-{{{{{{{i / 2}}}}}}}","app":"x"},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{{{{{{{new string('x', 800)}}}}}}}","wsingress.io/affinity":"cookie"},"managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{"f:{{{{{{{new string('y', 600)}}}}}}}":{}}}}]}""";

    private static string Ingress(int i) =>
        $$$$$$$"""{"metadata":{{{{{{{Metadata("app", i)}}}}}}},"spec":{"ingressClassName":"wsingress","tls":[{"hosts":["app-{{{{{{{i}}}}}}}.example.com"],"secretName":"app-{{{{{{{i}}}}}}}-tls"}],"rules":[{"host":"app-{{{{{{{i}}}}}}}.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"app-{{{{{{{i}}}}}}}","port":{"name":"http"}}}}]}}]},"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.7"}]}}}""";

    private static string Service(int i) =>
        $$$$$$$"""{"metadata":{{{{{{{Metadata("app", i)}}}}}}},"spec":{"type":"ClusterIP","clusterIP":"10.1.{{{{{{{i / 256 % 256}}}}}}}.{{{{{{{i % 256}}}}}}}","clusterIPs":["10.1.0.1"],"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","selector":{"app":"x"},"ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]},"status":{"loadBalancer":{}}}""";

    private static string Slice(int i) =>
        $$$$$$$"""{"metadata":{{{{{{{Metadata("app", i)}}}}}}},"addressType":"IPv4","endpoints":[{{{{{{{Endpoint(i, 1)}}}}}}},{{{{{{{Endpoint(i, 2)}}}}}}}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}""";

    private static string Endpoint(int i, int n) =>
        $$$$$$$"""{"addresses":["10.{{{{{{{n}}}}}}}.{{{{{{{i / 256}}}}}}}.{{{{{{{i % 256}}}}}}}"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node-1","zone":"zone-a","targetRef":{"kind":"Pod","namespace":"team-1","name":"app-{{{{{{{i}}}}}}}-{{{{{{{n}}}}}}}-7c9f6d","uid":"{{{{{{{Guid.NewGuid()}}}}}}}"}}""";

    private static DecodedObject Decode(ObjectKind kind, string json) => new ObjectDecoding(ObjectKindInfo.Of(kind)).Decode(Encoding.UTF8.GetBytes(json))!.Value;

    private static ImmutableArray<T> Through<T>(ImmutableArray<T> objects)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        return [.. objects.Select(Wire)];

        static T Wire(T found)
        {
            if (found is V1Secret { StringData: { } texts } secret)
            {
                var data = new Dictionary<string, byte[]>(secret.Data ?? new Dictionary<string, byte[]>());
                foreach (var (key, text) in texts)
                {
                    data[key] = Encoding.UTF8.GetBytes(text);
                }

                found = (T)(object)new V1Secret { ApiVersion = secret.ApiVersion, Kind = secret.Kind, Metadata = secret.Metadata, Type = secret.Type, Data = data };
            }

            var decoded = Decode(ObjectKindInfo.Of(found).Kind, KubernetesJson.Serialize(found));
            return (T?)decoded.Object ?? throw new InvalidOperationException(decoded.Problem!.Message);
        }
    }
}
