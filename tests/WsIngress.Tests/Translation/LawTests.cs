using System.Collections.Immutable;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>What must hold for any input, tried on every golden.</summary>
public sealed class LawTests
{
    public static TheoryData<string> Names() => GoldenCase.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public void The_order_of_the_objects_does_not_matter(string name)
    {
        var golden = new GoldenCase(name);
        var objects = Manifests.Objects(golden.Yaml);
        var expected = GoldenText.Write(Translator.Translate(Manifests.Snapshot(objects), golden.Options));
        var random = new Random(20260101);
        for (var i = 0; i < 10; i++)
        {
            var shuffled = objects.ToArray();
            random.Shuffle(shuffled);
            Assert.Equal(expected, GoldenText.Write(Translator.Translate(Manifests.Snapshot(shuffled), golden.Options)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Translating_twice_gives_the_same_bytes(string name)
    {
        var golden = new GoldenCase(name);
        var snapshot = Manifests.Read(golden.Yaml);
        var first = Translator.Translate(snapshot, golden.Options);
        var again = Translator.Translate(snapshot, golden.Options);
        var fresh = Translator.Translate(Manifests.Read(golden.Yaml), golden.Options);
        Assert.Equal(GoldenText.Write(first), GoldenText.Write(again));
        Assert.Equal(first.Table.ContentHash, again.Table.ContentHash);
        Assert.Equal(GoldenText.Write(first), GoldenText.Write(fresh));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Secrets_that_nobody_names_do_not_matter(string name)
    {
        var golden = new GoldenCase(name);
        var snapshot = Manifests.Read(golden.Yaml);
        var named = SecretReferences.Of(snapshot, golden.Options);
        var kept = snapshot with { Secrets = [.. snapshot.Secrets.Where(s => named.Contains((s.Metadata.NamespaceProperty ?? "", s.Metadata.Name)))] };

        Assert.Equal(GoldenText.Write(Translator.Translate(snapshot, golden.Options)), GoldenText.Write(Translator.Translate(kept, golden.Options)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_remembered_of_unchanged_objects_never_shows(string name)
    {
        var golden = new GoldenCase(name);
        var objects = Manifests.Objects(golden.Yaml);
        var memory = new TranslationMemory();
        Compare(objects, Manifests.Objects(golden.Yaml));
        for (var i = 0; i < objects.Length; i++)
        {
            // The same objects without one, then with all again, then with a copy in its place; each beside a translation that remembers nothing.
            Compare(objects.Where((_, n) => n != i), Manifests.Objects(golden.Yaml).Where((_, n) => n != i));
            Compare(objects, Manifests.Objects(golden.Yaml));
            Compare(objects.SetItem(i, Manifests.Objects(golden.Yaml)[i]), Manifests.Objects(golden.Yaml));
        }

        void Compare(IEnumerable<IKubernetesObject<V1ObjectMeta>> known, IEnumerable<IKubernetesObject<V1ObjectMeta>> copies)
        {
            var remembered = Translator.Translate(Manifests.Snapshot(known), golden.Options, memory);
            var fresh = Translator.Translate(Manifests.Snapshot(copies), golden.Options);
            Assert.Equal(GoldenText.Write(fresh), GoldenText.Write(remembered));
            Assert.Equal(fresh.Table.ContentHash, remembered.Table.ContentHash);
        }
    }

    [Fact]
    public void What_is_remembered_never_shows_while_all_goldens_come_and_go_in_one_cluster()
    {
        var random = new Random(7);
        var all = GoldenCase.Names().Select(row => row.Data).ToArray();
        var memory = new TranslationMemory();
        var present = new Dictionary<string, ImmutableArray<IKubernetesObject<V1ObjectMeta>>>();
        for (var round = 0; round < 300; round++)
        {
            var name = all[random.Next(all.Length)];
            if (!present.Remove(name))
            {
                present.Add(name, Manifests.Objects(new GoldenCase(name).Yaml));
            }

            // One object per kind, namespace and name, as a store has it.
            var objects = present.Values.SelectMany(o => o).DistinctBy(o => (o.Kind, o.Metadata.NamespaceProperty, o.Metadata.Name)).ToArray();
            var remembered = Translator.Translate(Manifests.Snapshot(objects), TranslationOptions.Default with { IngressClassByName = true, WatchIngressWithoutClass = true }, memory);
            var fresh = Translator.Translate(Manifests.Snapshot(objects), TranslationOptions.Default with { IngressClassByName = true, WatchIngressWithoutClass = true });
            Assert.Equal(GoldenText.Write(fresh), GoldenText.Write(remembered));
        }
    }

    [Fact]
    public void A_host_that_no_change_touches_stays_the_same_object()
    {
        var golden = new GoldenCase("case-of-path-is-kept-and-tells-paths-apart");
        var objects = Manifests.Objects(golden.Yaml);
        var memory = new TranslationMemory();
        var before = Translator.Translate(Manifests.Snapshot(objects), golden.Options, memory);
        var after = Translator.Translate(Manifests.Snapshot(objects.Concat(Manifests.Objects(Stranger).Where(o => o is not V1IngressClass))), golden.Options, memory);

        Assert.NotEmpty(before.Table.Hosts);
        Assert.All(before.Table.Hosts, host => Assert.Contains(after.Table.Hosts, h => ReferenceEquals(h, host)));
        Assert.All(before.Table.Backends, backend => Assert.Contains(after.Table.Backends, b => ReferenceEquals(b, backend)));
        Assert.All(before.Reports, report => Assert.Contains(after.Reports, r => ReferenceEquals(r, report)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_unrelated_namespace_that_comes_or_goes_changes_nothing_else(string name)
    {
        var golden = new GoldenCase(name);
        var objects = Manifests.Objects(golden.Yaml);
        var before = Translator.Translate(Manifests.Snapshot(objects), golden.Options);
        var after = Translator.Translate(Manifests.Snapshot(objects.Concat(Manifests.Objects(Stranger))), golden.Options);
        Assert.Equal(before.Problems, after.Problems.Where(p => p.Object.Namespace != "stranger"));
        Assert.Equal(Reports(before), Reports(after).Where(r => !r.StartsWith("stranger/", StringComparison.Ordinal)));
        Assert.Equal(Routes(before.Table), Routes(after.Table).Where(r => !r.Contains("stranger", StringComparison.Ordinal)));
        Assert.Equal(before.Table.TlsBindings.Select(t => t.ToString()), after.Table.TlsBindings.Select(t => t.ToString()));
        Assert.Equal(Backends(before.Table), Backends(after.Table).Where(b => !b.StartsWith("stranger/", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Making_one_ingress_invalid_removes_its_own_routes_only(string name)
    {
        var golden = new GoldenCase(name);
        var objects = Manifests.Objects(golden.Yaml);
        var before = Translator.Translate(Manifests.Snapshot(objects), golden.Options);
        foreach (var victim in before.Reports.Where(r => r.State != IngressState.Ignored))
        {
            var fresh = Manifests.Objects(golden.Yaml);
            var broken = fresh.OfType<V1Ingress>().Single(i => i.Metadata.NamespaceProperty == victim.Namespace && i.Metadata.Name == victim.Name);
            foreach (var rule in broken.Spec.Rules ?? [])
            {
                rule.Host = "not a host";
            }

            broken.Spec.DefaultBackend = null;
            var after = Translator.Translate(Manifests.Snapshot(fresh), golden.Options);
            var owner = $"owner {victim.Namespace}/{victim.Name} ";
            Assert.DoesNotContain(Routes(after.Table), r => r.Contains(owner, StringComparison.Ordinal));

            // Whoever lost against it may come back; nobody else may go.
            Assert.Empty(Routes(before.Table).Where(r => !r.Contains(owner, StringComparison.Ordinal)).Except(Routes(after.Table)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_report_tells_the_same_as_the_table(string name)
    {
        var golden = new GoldenCase(name);
        var result = Translator.Translate(Manifests.Read(golden.Yaml), golden.Options);
        foreach (var report in result.Reports)
        {
            var own = Placed(result.Table).Where(p => p.Route.Owner == new RouteOwner(report.Namespace, report.Name)).ToList();
            Assert.Equal(own.Count, report.Routes);
            Assert.Equal(own.Select(p => p.Host).Distinct().Order(StringComparer.Ordinal), report.Hosts);
            Assert.Equal(report.State == IngressState.Ignored, report.Reason.Length > 0);
            if (report.State == IngressState.Served)
            {
                Assert.All(report.Problems, p => Assert.Equal(ProblemSeverity.Warning, p.Severity));
                Assert.All(own, p => Assert.True(p.Route.Backends.Length > 0 && p.Route.Policy.ClosedBecause is null));
            }
        }

        var reported = result.Reports.SelectMany(r => r.Problems).ToHashSet();
        Assert.Equal(result.Problems.Where(p => p.Object.Kind == "Ingress").ToHashSet(), reported);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_secret_reaches_a_text(string name)
    {
        var golden = new GoldenCase(name);
        var text = GoldenText.Write(Translator.Translate(Manifests.Read(golden.Yaml), golden.Options));
        Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN CERTIFICATE", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Mangled_objects_are_problems_and_never_defects(string name)
    {
        var golden = new GoldenCase(name);
        var objects = Manifests.Objects(golden.Yaml);
        var random = new Random(42);
        var tried = 0;
        for (var i = 0; i < 60; i++)
        {
            var mangled = objects.ToArray();
            var victim = random.Next(mangled.Length);
            if (Mangle(mangled[victim], random) is { } broken)
            {
                mangled[victim] = broken;
                tried++;
                var result = Translator.Translate(Manifests.Snapshot(mangled), golden.Options);
                Assert.DoesNotContain(result.Problems, p => p.Reason == ProblemReason.InternalError);
            }
        }

        Assert.True(tried > 10, $"only {tried} of the mangled objects could be read");
    }

    private const string Stranger = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web, namespace: stranger, creationTimestamp: "2019-01-01T00:00:00Z"}
        spec:
          ingressClassName: stranger
          rules:
            - host: stranger.example.net
              http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: stranger}
        spec: {controller: wsingress.io/ingress-controller}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: echo, namespace: stranger, annotations: {wsingress.io/load-balancing: nonsense}}
        spec: {ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: cert, namespace: stranger}
        type: kubernetes.io/tls
        """;

    private static IEnumerable<(string Host, Route Route)> Placed(RoutingTable table)
    {
        foreach (var host in table.Hosts)
        {
            foreach (var route in host.Default is null ? host.Routes : host.Routes.Add(host.Default))
            {
                yield return (host.Host, route);
            }
        }

        if (table.DefaultRoute is { } fallback)
        {
            yield return ("", fallback);
        }
    }

    private static List<string> Routes(RoutingTable table) =>
        [.. Placed(table).Select(p => $"{p.Host} owner {p.Route.Owner} {p.Route.Path} {string.Join(',', p.Route.Backends)} {p.Route.Policy}")];

    private static List<string> Backends(RoutingTable table) => [.. table.Backends.Select(b => $"{b.Key} {string.Join(',', b.Endpoints)}")];

    private static List<string> Reports(TranslationResult result) =>
        [.. result.Reports.Select(r => $"{r.Namespace}/{r.Name} {r.State} {r.Reason} {string.Join(',', r.Hosts)} {r.Routes} {string.Join(',', r.Problems)}")];

    /// <summary>One random member of the object removed, nulled or given a strange value; null when the result cannot be read.</summary>
    private static IKubernetesObject<V1ObjectMeta>? Mangle(IKubernetesObject<V1ObjectMeta> original, Random random)
    {
        var json = JsonNode.Parse(KubernetesJson.Serialize((object)original))!;
        var places = Places(json).ToList();
        var (parent, key) = places[random.Next(places.Count)];
        JsonNode? strange = random.Next(6) switch
        {
            0 => JsonValue.Create(""),
            1 => JsonValue.Create("\u0000(%[*"),
            2 => JsonValue.Create(-1),
            3 => new JsonArray(),
            4 => new JsonArray((JsonNode?)null),
            _ => null,
        };
        if (parent is JsonArray array)
        {
            array[(int)key] = strange;
        }
        else if (random.Next(2) == 0)
        {
            parent.AsObject().Remove((string)key);
        }
        else
        {
            parent[(string)key] = strange;
        }

        try
        {
            return original switch
            {
                V1Ingress => KubernetesJson.Deserialize<V1Ingress>(json.ToJsonString()),
                V1IngressClass => KubernetesJson.Deserialize<V1IngressClass>(json.ToJsonString()),
                V1Service => KubernetesJson.Deserialize<V1Service>(json.ToJsonString()),
                V1EndpointSlice => KubernetesJson.Deserialize<V1EndpointSlice>(json.ToJsonString()),
                _ => KubernetesJson.Deserialize<V1Secret>(json.ToJsonString()),
            };
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or FormatException or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
    }

    private static IEnumerable<(JsonNode Parent, object Key)> Places(JsonNode node)
    {
        if (node is JsonObject members)
        {
            foreach (var (key, child) in members.ToList())
            {
                yield return (node, key);
                foreach (var place in child is null ? [] : Places(child))
                {
                    yield return place;
                }
            }
        }
        else if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                yield return (node, i);
                foreach (var place in items[i] is { } child ? Places(child) : [])
                {
                    yield return place;
                }
            }
        }
    }
}
