using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using WsIngress.Tests.Store;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>The map of certificates and the policies of backends answer the transport as they answer SslStream.</summary>
public sealed class CertificateMapTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly X509Certificate2 _fallback = DefaultCertificate.Create(TimeProvider.System);
    private readonly RecordingLogger<CertificateMap> _log = new();
    private readonly CertificateMap.Factory _factory;

    public CertificateMapTests()
    {
        _factory = new(_fallback, _log);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _fallback.Dispose();
    }

    [Fact]
    public void Each_name_has_the_certificate_that_SslStream_has()
    {
        var map = _factory.Build([Bind("shop.example"), Bind("*.shop.example"), Bind("a.b.example")], null);

        foreach (var name in new[] { "shop.example", "SHOP.Example", "shop.example.", "www.shop.example", "a.b.example", "a.b.shop.example", "c.b.example", "example", "", ".", null })
        {
            Assert.Equal(map.Find(name).TargetCertificate.GetCertHash(HashAlgorithmName.SHA256), map.FindTls(name).Fingerprint.ToArray());
        }

        Assert.Equal(_fallback.GetCertHash(HashAlgorithmName.SHA256), map.FindTls("unknown.example").Fingerprint.ToArray());
        var other = _factory.Build([Bind("")], null);
        Assert.Equal(other.Find("x").TargetCertificate.GetCertHash(HashAlgorithmName.SHA256), other.FindTls("x").Fingerprint.ToArray());
        Assert.NotEqual(_fallback.GetCertHash(HashAlgorithmName.SHA256), other.FindTls("x").Fingerprint.ToArray());
    }

    [Fact]
    public void A_certificate_is_read_once_for_all_maps_that_have_it()
    {
        var (kept, dropped) = (Bind("kept.example"), Bind("dropped.example"));
        var first = _factory.Build([kept, dropped], null);
        var read = first.FindTls("kept.example");

        var second = _factory.Build([kept, Bind("new.example")], first);

        Assert.Same(read, second.FindTls("kept.example"));
        Assert.Same(read, first.FindTls("kept.example"));
        Assert.Same(second.FindTls("x"), first.FindTls("y"));
    }

    [Fact]
    public void One_that_only_OpenSSL_refuses_costs_its_own_host_alone_and_is_logged_once()
    {
        var weak = _authority.Issue(new IssueRequest { Names = ["weak.example"], RsaBits = 512 });
        var map = _factory.Build([Bind("weak.example", weak), Bind("good.example")], null);

        Assert.Same(map.FindTls("nothing.example"), map.FindTls("weak.example"));
        Assert.Same(map.FindTls("nothing.example"), map.FindTls("weak.example"));
        Assert.NotSame(map.FindTls("nothing.example"), map.FindTls("good.example"));
        Assert.Single(_log.Lines, line => line.Text.Contains("weak.example", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_over_the_map_serves_what_is_in_it()
    {
        var shop = _authority.Issue("shop.example");
        var map = _factory.Build([Bind("shop.example", shop)], null);
        using var server = new TlsServer(name => map.FindTls(name), TlsServerOptions.Default);
        using var client = new BackendTlsClients().Get(new BackendTls { Verify = true, CaPem = _authority.Pem });

        var (wire, serving, asking) = await TlsRig.PairAsync(server, client, "shop.example");
        using var _ = wire;

        Assert.Equal(shop.Serial, asking.Session.PeerCertificate?.SerialNumber);
        serving.Dispose();
        asking.Dispose();
    }

    [Fact]
    public void Policies_that_say_the_same_share_a_client_and_what_does_not_matter_does_not_part_them()
    {
        var clients = new BackendTlsClients();
        var pem = _authority.Pem;
        var one = new BackendTls { Verify = true, CaPem = pem };

        Assert.Same(clients.Get(one), clients.Get(one));
        Assert.Same(clients.Get(one), clients.Get(new BackendTls { Verify = true, CaPem = new string(pem), ServerName = "pod.internal" }));
        Assert.NotSame(clients.Get(one), clients.Get(new BackendTls { Verify = true }));
        Assert.NotSame(clients.Get(one), clients.Get(BackendTls.Default));
        Assert.Same(clients.Get(BackendTls.Default), clients.Get(new BackendTls { CaPem = "not read without verification" }));
        Assert.ThrowsAny<CryptographicException>(() => clients.Get(new BackendTls { Verify = true, CaPem = "none" }));
    }

    private TlsBinding Bind(string host) => Bind(host, _authority.Issue(host.Length == 0 ? "default.example" : host));

    private static TlsBinding Bind(string host, IssuedCertificate issued) => new()
    {
        Host = host,
        Source = $"default/{host}",
        CertificatePem = issued.CertificatePem,
        KeyPem = issued.KeyPem,
        Fingerprint = issued.Serial,
    };
}
