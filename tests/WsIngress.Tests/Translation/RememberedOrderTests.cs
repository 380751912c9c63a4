using System.Collections.Immutable;
using System.Text;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy.Tls;
using WsIngress.Tests.Proxy;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>Orders that are kept from translation to translation, in clusters where age and name of an Ingress have nothing to do with each other.</summary>
public sealed class RememberedOrderTests : IDisposable
{
    private static readonly TranslationOptions Options = TranslationOptions.Default with { WatchIngressWithoutClass = true };
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_remembered_of_an_order_never_shows(int seed)
    {
        var random = new Random(seed);
        var memory = new TranslationMemory();
        var secrets = Enumerable.Range(0, 6).Select(i => Secret($"tls-{i}", $"h{i}.test", $"h{i + 1}.test")).ToImmutableArray();
        var present = new SortedDictionary<string, V1Ingress>(StringComparer.Ordinal);
        for (var round = 0; round < 150; round++)
        {
            // Mostly a few, now and then more than are worth merging.
            for (var changes = random.Next(20) == 0 ? 150 : random.Next(4); changes > 0; changes--)
            {
                var name = $"i{random.Next(250):000}";
                if (random.Next(3) == 0)
                {
                    present.Remove(name);
                }
                else
                {
                    present[name] = Ingress(name, random);
                }
            }

            var snapshot = new ClusterSnapshot { Ingresses = [.. present.Values], Secrets = secrets };
            var (remembered, fresh) = (Translator.Translate(snapshot, Options, memory), Translator.Translate(snapshot, Options));
            Assert.Equal(GoldenText.Write(fresh), GoldenText.Write(remembered));
            Assert.Equal(fresh.Table.ContentHash, remembered.Table.ContentHash);
        }
    }

    [Fact]
    public void Certificates_are_neither_listed_nor_mapped_anew_by_a_change_elsewhere_and_are_by_one_of_theirs()
    {
        var memory = new TranslationMemory();
        var factory = new CertificateMap.Factory(DefaultCertificate.Create(TimeProvider.System), NullLogger.Instance);
        var secure = Tls("secure", "h0.test", "tls-0");
        var other = Ingress("other", new Random(1));
        other.Spec.Tls = null;
        var options = Options with { DefaultCertificate = "default/tls-0" };
        var before = new ClusterSnapshot { Ingresses = [secure], Secrets = [Secret("tls-0", "h0.test")] };
        var first = Translator.Translate(before, options, memory).Table;
        var map = factory.Build(first.TlsBindings, null);

        var elsewhere = Translator.Translate(before with { Ingresses = [other, secure] }, options, memory).Table;
        Assert.NotEqual(first.ContentHash, elsewhere.ContentHash);
        Assert.True(first.TlsBindings == elsewhere.TlsBindings);
        Assert.Same(map, factory.Build(elsewhere.TlsBindings, map));

        var renewed = Translator.Translate(before with { Ingresses = [other, secure], Secrets = [Secret("tls-0", "h0.test")] }, options, memory).Table;
        Assert.NotEqual(elsewhere.ContentHash, renewed.ContentHash);
        Assert.False(elsewhere.TlsBindings == renewed.TlsBindings);
        Assert.NotSame(map, factory.Build(renewed.TlsBindings, map));
    }

    private static V1Ingress Ingress(string name, Random random)
    {
        // Few seconds and few hosts: many are of the same age, and many want what another has.
        var host = $"h{random.Next(8)}.test";
        var ingress = Tls(name, host, random.Next(2) == 0 ? $"tls-{random.Next(6)}" : null);
        ingress.Metadata.CreationTimestamp = random.Next(10) == 0 ? null : Start.AddSeconds(random.Next(50));
        ingress.Spec.Rules[0].Http.Paths[0].Path = $"/{random.Next(3)}";
        return ingress;
    }

    private static V1Ingress Tls(string name, string host, string? secret) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "Ingress",
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Spec = new()
        {
            Tls = secret is null ? null : [new() { Hosts = [host], SecretName = secret }],
            Rules = [new() { Host = host, Http = new() { Paths = [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = "none", Port = new() { Number = 80 } } } }] } }],
        },
    };

    private V1Secret Secret(string name, params string[] hosts)
    {
        using var pair = _certificates.Issue(hosts);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(pair)!;
        return new()
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = new() { Name = name, NamespaceProperty = "default" },
            Type = "kubernetes.io/tls",
            Data = new Dictionary<string, byte[]>
            {
                ["tls.crt"] = Encoding.ASCII.GetBytes(pair.ExportCertificatePem()),
                ["tls.key"] = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()),
            },
        };
    }
}
