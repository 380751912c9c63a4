using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Which certificate a client gets, and that a new one reaches the next handshake and no open connection.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task The_name_a_client_asks_for_chooses_the_certificate()
    {
        await using var proxy = await TestProxy.StartAsync();
        var (exact, exactSerial) = _certificates.Bind("shop.example");
        var (wildcard, wildcardSerial) = _certificates.Bind("*.shop.example");
        var (other, otherSerial) = _certificates.Bind("a.b.example");
        proxy.Publish([], null, null, exact, wildcard, other);

        Assert.Equal(exactSerial, (await CertificateAsync(proxy, "shop.example")).SerialNumber);
        Assert.Equal(exactSerial, (await CertificateAsync(proxy, "SHOP.Example")).SerialNumber);
        Assert.Equal(wildcardSerial, (await CertificateAsync(proxy, "www.shop.example")).SerialNumber);
        Assert.Equal(otherSerial, (await CertificateAsync(proxy, "a.b.example")).SerialNumber);
        foreach (var name in new[] { "a.b.shop.example", "c.b.example", "example", "" })
        {
            Assert.Contains(DefaultCertificate.CommonName, (await CertificateAsync(proxy, name)).Subject, StringComparison.Ordinal);
        }

        var (fallback, fallbackSerial) = _certificates.Bind("");
        proxy.Publish([], null, null, fallback, exact);
        Assert.Equal(fallbackSerial, (await CertificateAsync(proxy, "unknown.example")).SerialNumber);
        Assert.Equal(fallbackSerial, (await CertificateAsync(proxy, "")).SerialNumber);
        Assert.Equal(exactSerial, (await CertificateAsync(proxy, "shop.example")).SerialNumber);
    }

    [Fact]
    public void A_trailing_dot_of_the_name_does_not_matter()
    {
        var (binding, serial) = _certificates.Bind("shop.example");
        using var fallback = DefaultCertificate.Create(TimeProvider.System);
        var map = new CertificateMap.Factory(fallback, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Build([binding], null);

        Assert.Equal(serial, map.Find("shop.example.").TargetCertificate.SerialNumber);
        Assert.Equal(fallback.SerialNumber, map.Find(".").TargetCertificate.SerialNumber);
        Assert.Equal(fallback.SerialNumber, map.Find(null).TargetCertificate.SerialNumber);
    }

    [Fact]
    public void The_end_of_every_certificate_in_use_is_known_and_of_the_default_if_somebody_gave_it()
    {
        var (shop, _) = _certificates.Bind("shop.example");
        var (given, _) = _certificates.Bind("");
        using var fallback = DefaultCertificate.Create(TimeProvider.System);
        var factory = new CertificateMap.Factory(fallback, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        Assert.Equal([("shop.example", shop.Source)], factory.Build([shop], null).Expiries.Select(e => (e.Host, e.Source)));
        Assert.Equal([("shop.example", shop.Source), ("(default)", given.Source)], factory.Build([shop, given], null).Expiries.Select(e => (e.Host, e.Source)));
    }

    [Theory]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_renewed_certificate_serves_the_next_handshake_and_no_open_socket_notices(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync();
        var (old, oldSerial) = _certificates.Bind("localhost");
        proxy.Publish([pod.Endpoint], null, null, old);
        await using var socket = await RawHandshake.OpenAsync(proxy, via);
        Assert.Equal(oldSerial, (await CertificateAsync(proxy, "localhost")).SerialNumber);

        var (renewed, newSerial) = _certificates.Bind("localhost");
        proxy.Publish([pod.Endpoint], null, null, renewed);

        Assert.Equal(newSerial, (await CertificateAsync(proxy, "localhost")).SerialNumber);
        await socket.WriteAsync(Frame.OfText("still here", masked: true));
        Assert.Equal("still here", (await socket.ReadFrameAsync())?.Text);
        Assert.Empty(proxy.Telemetry.Closed);
    }

    [Theory]
    [InlineData("no certificate", "no key")]
    [InlineData(null, "no key")]
    [InlineData(null, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", null)]
    [InlineData("", "")]
    public async Task A_certificate_that_cannot_be_loaded_costs_its_own_host_alone(string? certificate, string? key)
    {
        await using var proxy = await TestProxy.StartAsync();
        var (good, goodSerial) = _certificates.Bind("good.example");
        var (bad, _) = _certificates.Bind("bad.example");
        bad = bad with { CertificatePem = certificate ?? bad.CertificatePem, KeyPem = key ?? bad.KeyPem };

        proxy.Publish([], null, null, bad, good);

        Assert.Equal(goodSerial, (await CertificateAsync(proxy, "good.example")).SerialNumber);
        Assert.Contains(DefaultCertificate.CommonName, (await CertificateAsync(proxy, "bad.example")).Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_of_another_certificate_is_a_bad_certificate()
    {
        await using var proxy = await TestProxy.StartAsync();
        var (one, _) = _certificates.Bind("one.example");
        var (two, _) = _certificates.Bind("two.example");

        proxy.Publish([], null, null, one with { KeyPem = two.KeyPem });

        Assert.Contains(DefaultCertificate.CommonName, (await CertificateAsync(proxy, "one.example")).Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_http_versions_are_offered_by_alpn()
    {
        await using var proxy = await TestProxy.StartAsync();

        Assert.Equal(SslApplicationProtocol.Http2, await NegotiateAsync(proxy, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]));
        Assert.Equal(SslApplicationProtocol.Http11, await NegotiateAsync(proxy, [SslApplicationProtocol.Http11]));
    }

    [Fact]
    public async Task A_pod_over_tls_is_told_the_clients_host_as_its_name()
    {
        using var certificate = _certificates.Issue("shop.example");
        var backend = new BackendPolicy { Protocol = BackendProtocol.Https, Tls = new() { Verify = true, CaPem = _certificates.AuthorityPem } };
        await using var pod = await TestPod.StartAsync(certificate: certificate);
        await using var proxy = await TestProxy.ToAsync(pod, backend: backend);

        using var plain = await proxy.GetAsync(host: "shop.example:8080");
        await using var socket = await RawHandshake.OpenAsync(proxy, host: "shop.example:8080");
        await using var wrong = await RawHandshake.OpenAsync(proxy, host: "other.example");

        Assert.Equal(200, (int)plain.StatusCode);
        Assert.Equal(101, socket.Status);
        Assert.Equal(502, wrong.Status);
    }

    [Theory]
    [InlineData("verified", true)]
    [InlineData("not verified", true)]
    [InlineData("of another authority", false)]
    [InlineData("of another name", false)]
    [InlineData("without tls", false)]
    public async Task One_setting_of_tls_toward_pods_serves_http_and_websockets_alike(string pods, bool served)
    {
        using var stranger = new TestCertificates();
        using var certificate = (pods == "of another authority" ? stranger : _certificates).Issue(pods == "of another name" ? "other.internal" : TestCertificates.PodName);
        var tls = new BackendTls { Verify = pods != "not verified", CaPem = _certificates.AuthorityPem, ServerName = TestCertificates.PodName };
        await using var pod = await TestPod.StartAsync(certificate: pods == "without tls" ? null : certificate);
        await using var proxy = await TestProxy.ToAsync(pod, backend: new BackendPolicy { Protocol = BackendProtocol.Https, Tls = tls });

        foreach (var via in Enum.GetValues<WsVia>())
        {
            await using var socket = await RawHandshake.OpenAsync(proxy, via);
            Assert.Equal(served, socket.IsOpen);
            Assert.True(served || socket.Status == 502, $"{via}: {socket.Status}");
        }

        using var client = TestProxy.Client();
        using var read = await client.GetAsync(proxy.Http());
        using var written = await client.PostAsync(proxy.Http(), new StringContent("body"));
        Assert.Equal([served ? 200 : 502, served ? 200 : 502], new[] { (int)read.StatusCode, (int)written.StatusCode });
        await Settled.NothingIsHeldAsync(proxy);
    }

    private static async Task<SslApplicationProtocol> NegotiateAsync(TestProxy proxy, List<SslApplicationProtocol> offered)
    {
        await using var stream = await ConnectAsync(proxy, new SslClientAuthenticationOptions { TargetHost = "a", ApplicationProtocols = offered });
        return stream.NegotiatedApplicationProtocol;
    }

    private static async Task<X509Certificate2> CertificateAsync(TestProxy proxy, string name)
    {
        await using var stream = await ConnectAsync(proxy, new SslClientAuthenticationOptions { TargetHost = name });
        return X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
    }

    private static async Task<SslStream> ConnectAsync(TestProxy proxy, SslClientAuthenticationOptions options)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, proxy.HttpsPort);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        options.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        await stream.AuthenticateAsClientAsync(options);
        return stream;
    }
}
