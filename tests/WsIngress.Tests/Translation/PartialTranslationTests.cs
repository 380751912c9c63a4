using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>A small change in a cluster whose Ingresses share hosts, Services and defaults: the outcome is that of a translation that remembers nothing.</summary>
public sealed class PartialTranslationTests
{
    private static readonly TranslationOptions Options = TranslationOptions.Default with { WatchIngressWithoutClass = true };
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_never_shows_that_only_a_part_was_translated(int seed)
    {
        var random = new Random(seed);
        var memory = new TranslationMemory();
        var ingresses = new SortedDictionary<string, V1Ingress>(StringComparer.Ordinal);
        var services = new SortedDictionary<string, V1Service>(StringComparer.Ordinal);
        var slices = new SortedDictionary<string, V1EndpointSlice>(StringComparer.Ordinal);
        for (var round = 0; round < 250; round++)
        {
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                Change(random, ingresses, services, slices);
            }

            var snapshot = new ClusterSnapshot { Ingresses = [.. ingresses.Values], Services = [.. services.Values], EndpointSlices = [.. slices.Values] };
            var (remembered, fresh) = (Translator.Translate(snapshot, Options, memory), Translator.Translate(snapshot, Options));
            Assert.Equal(GoldenText.Write(fresh), GoldenText.Write(remembered));
            Assert.Equal(fresh.Table.ContentHash, remembered.Table.ContentHash);
        }
    }

    [Fact]
    public void A_new_host_leaves_every_other_part_as_it_was()
    {
        var memory = new TranslationMemory();
        var one = new ClusterSnapshot { Ingresses = [Ingress("a", "a.test", "/", "one")], Services = [Service("one", 80)] };
        var read = 0;
        var before = Translator.Translate(one, Options, memory, _ => read++);
        var after = Translator.Translate(one with { Ingresses = [.. one.Ingresses, Ingress("b", "b.test", "/", "one")] }, Options, memory, _ => read++);

        Assert.Equal(2, read);
        Assert.Same(before.Table.Hosts[0], after.Table.Hosts[0]);
        Assert.True(before.Table.Backends == after.Table.Backends);
        Assert.Same(before.Reports[0], after.Reports[0]);
        Assert.Equal(["a.test", "b.test"], after.Table.Hosts.Select(host => host.Host));
    }

    [Fact]
    public void A_change_that_nobody_asked_for_gives_the_same_table()
    {
        var memory = new TranslationMemory();
        var one = new ClusterSnapshot { Ingresses = [Ingress("a", "a.test", "/", "one")], Services = [Service("one", 80)] };
        var before = Translator.Translate(one, Options, memory);

        Assert.Same(before.Table, Translator.Translate(one with { Services = [.. one.Services, Service("two", 80)] }, Options, memory).Table);
    }

    [Fact]
    public void A_defect_in_a_part_costs_its_ingress_alone()
    {
        var memory = new TranslationMemory();
        var one = new ClusterSnapshot { Ingresses = [Ingress("a", "a.test", "/", "one")], Services = [Service("one", 80)] };
        Translator.Translate(one, Options, memory);
        var two = one with { Ingresses = [.. one.Ingresses, Ingress("b", "b.test", "/", "one")] };
        var hurt = Translator.Translate(two, Options, memory, ingress => ThrowFor(ingress, "b"));
        var healed = Translator.Translate(two, Options, memory);

        Assert.Equal(ProblemReason.InternalError, Assert.Single(hurt.Reports[1].Problems).Reason);
        Assert.Equal(["a.test"], hurt.Table.Hosts.Select(host => host.Host));
        Assert.Equal(GoldenText.Write(Translator.Translate(two, Options)), GoldenText.Write(healed));
    }

    private static void ThrowFor(V1Ingress ingress, string name)
    {
        if (ingress.Metadata.Name == name)
        {
            throw new InvalidOperationException("a defect");
        }
    }

    private static void Change(Random random, SortedDictionary<string, V1Ingress> ingresses, SortedDictionary<string, V1Service> services, SortedDictionary<string, V1EndpointSlice> slices)
    {
        var (kind, goes, service) = (random.Next(10), random.Next(4) == 0, $"s{random.Next(6)}");
        if (kind < 5)
        {
            Put(ingresses, $"i{random.Next(30):00}", goes, name => Random(random, name));
        }
        else if (kind < 7)
        {
            Put(services, service, goes, name => Service(name, 80 + random.Next(2)));
        }
        else
        {
            Put(slices, $"{service}-{random.Next(2)}", goes, name => Slice(name, service, $"10.0.0.{random.Next(1, 4)}", random.Next(20) == 0));
        }
    }

    private static void Put<T>(SortedDictionary<string, T> objects, string name, bool goes, Func<string, T> make)
    {
        if (!goes)
        {
            objects[name] = make(name);
        }
        else
        {
            objects.Remove(name);
        }
    }

    private static V1Ingress Random(Random random, string name)
    {
        var ingress = Ingress(name, random.Next(8) == 0 ? null : $"h{random.Next(12)}.test", $"/{random.Next(3)}", $"s{random.Next(6)}");
        ingress.Metadata.CreationTimestamp = Start.AddSeconds(random.Next(20));
        if (random.Next(5) == 0)
        {
            ingress.Spec.DefaultBackend = Backend($"s{random.Next(6)}");
        }

        if (random.Next(10) == 0)
        {
            (ingress.Spec.Rules, ingress.Spec.DefaultBackend) = (null, Backend($"s{random.Next(6)}"));
        }
        else if (random.Next(5) == 0)
        {
            ingress.Spec.Rules.Add(Ingress(name, $"h{random.Next(12)}.test", "/also", $"s{random.Next(6)}").Spec.Rules[0]);
        }

        if (random.Next(10) == 0)
        {
            ingress.Spec.IngressClassName = "others";
        }

        return ingress;
    }

    private static V1Ingress Ingress(string name, string? host, string path, string service) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "Ingress",
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Spec = new() { Rules = [new() { Host = host, Http = new() { Paths = [new() { Path = path, PathType = "Prefix", Backend = Backend(service) }] } }] },
    };

    private static V1IngressBackend Backend(string service) => new() { Service = new() { Name = service, Port = new() { Number = 80 } } };

    private static V1Service Service(string name, int port) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Spec = new() { Ports = [new() { Name = "http", Port = port, Protocol = "TCP" }] },
    };

    private static V1EndpointSlice Slice(string name, string service, string address, bool isInvalid) => new()
    {
        ApiVersion = "discovery.k8s.io/v1",
        Kind = "EndpointSlice",
        Metadata = new() { Name = name, NamespaceProperty = "default", Labels = ImmutableDictionary<string, string>.Empty.Add("kubernetes.io/service-name", service) },
        AddressType = isInvalid ? "FQDN" : "IPv4",
        Ports = [new() { Name = "http", Port = 8080, Protocol = "TCP" }],
        Endpoints = [new() { Addresses = [address], Conditions = new() { Ready = true } }],
    };
}
