using System.Net.Security;
using System.Security.Cryptography;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Which certificates of backends are taken, and the words for those that are not.</summary>
public sealed class BackendVerificationTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _stranger = new("A stranger");

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData("pod.internal", "pod.internal")]
    [InlineData("POD.internal", "pod.internal")]
    [InlineData("pod.internal.", "pod.internal")]
    [InlineData("a.pod.internal", "*.pod.internal")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("fd00::1", "fd00::1")]
    [InlineData("[fd00::1]", "fd00:0:0::1")]
    public async Task A_certificate_for_the_name_or_address_is_taken(string name, string subject) =>
        Assert.Null(await RefusalAsync(name, Named(subject)));

    [Theory]
    [InlineData("pod.internal", "other.internal", "hostname mismatch: it is not for pod.internal")]
    [InlineData("pod.internal", "*.pod.internal", "hostname mismatch: it is not for pod.internal")]
    [InlineData("a.b.pod.internal", "*.pod.internal", "hostname mismatch: it is not for a.b.pod.internal")]
    [InlineData("pod1.pod.internal", "pod*.pod.internal", "hostname mismatch: it is not for pod1.pod.internal")]
    [InlineData("pod.internal", "10.1.2.3", "hostname mismatch: it is not for pod.internal")]
    [InlineData("10.1.2.3", "10.1.2.4", "IP address mismatch")]
    [InlineData("10.1.2.3", "pod.internal", "IP address mismatch")]
    [InlineData("fd00::1", "fd00::2", "IP address mismatch")]
    public async Task A_certificate_for_another_is_refused(string name, string subject, string reason) =>
        Assert.Equal($"the peer's certificate does not verify: {reason}", await RefusalAsync(name, Named(subject)));

    [Fact]
    public async Task A_common_name_counts_only_where_no_alternative_name_is()
    {
        Assert.Null(await RefusalAsync("pod.internal", new IssueRequest { CommonName = "pod.internal" }));
        Assert.NotNull(await RefusalAsync("pod.internal", new IssueRequest { CommonName = "pod.internal", Names = ["other.internal"] }));
    }

    [Fact]
    public async Task Time_and_purpose_are_verified()
    {
        var request = new IssueRequest { Names = ["pod.internal"] };

        Assert.EndsWith(": certificate has expired", await RefusalAsync("pod.internal", request with { DaysFrom = -10, DaysTo = -1 }), StringComparison.Ordinal);
        Assert.EndsWith(": certificate is not yet valid", await RefusalAsync("pod.internal", request with { DaysFrom = 1 }), StringComparison.Ordinal);
        Assert.Null(await RefusalAsync("pod.internal", request with { ExtendedUsage = IssueRequest.ServerUsage }));
        Assert.Contains("purpose", await RefusalAsync("pod.internal", request with { ExtendedUsage = IssueRequest.ClientUsage }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_authority_is_refused_and_so_is_a_self_signed_one_unless_it_is_trusted_itself()
    {
        var foreign = _stranger.Issue("pod.internal");
        var selfSigned = _authority.Issue(new IssueRequest { Names = ["pod.internal"], SelfSigned = true });

        Assert.Equal("the peer's certificate does not verify: unable to get local issuer certificate", (await MeetAsync("pod.internal", foreign, _authority.Pem)).Text);
        Assert.Equal("the peer's certificate does not verify: self-signed certificate", (await MeetAsync("pod.internal", selfSigned, _authority.Pem)).Text);
        Assert.Null((await MeetAsync("pod.internal", selfSigned, selfSigned.CertificatePem)).Text);
        Assert.Null((await MeetAsync("pod.internal", foreign, _authority.Pem + "\n" + _stranger.Pem)).Text);
    }

    [Fact]
    public async Task The_authorities_of_the_system_decide_where_none_are_named()
    {
        var (fault, text) = await MeetAsync("pod.internal", _authority.Issue("pod.internal"), null);

        Assert.Equal(TlsFault.CertificateRefused, fault);
        Assert.EndsWith("unable to get local issuer certificate", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_verification_any_certificate_is_taken()
    {
        var expired = new IssueRequest { Names = ["other.internal"], DaysFrom = -10, DaysTo = -1 };
        IssuedCertificate[] all =
        [
            _stranger.Issue(expired),
            _stranger.Issue(expired with { SelfSigned = true }),
            _stranger.Issue(expired with { ExtendedUsage = IssueRequest.ClientUsage }),
        ];
        foreach (var certificate in all)
        {
            foreach (var name in new[] { "pod.internal", "10.1.2.3", "" })
            {
                Assert.Null((await MeetAsync(name, certificate, null, verify: false)).Text);
            }
        }
    }

    [Fact]
    public async Task A_name_that_nothing_can_be_verified_against_fails_before_a_byte_is_sent()
    {
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        using var wire = await Loopback.ConnectAsync();
        using var asking = TlsPeer.Connect(client, wire.Client, "");

        Assert.Equal(IoResult.Failed, await asking.HandshakeAsync());
        Assert.Equal(TlsFault.CertificateRefused, asking.Session.Fault);
        Assert.Equal("there is no name that the backend's certificate could be verified against", asking.Session.FailureText);
        Assert.False(wire.Server.Poll(TimeSpan.FromMilliseconds(20), System.Net.Sockets.SelectMode.SelectRead));

        using var longName = TlsPeer.Connect(client, wire.Client, new string('a', 300));
        Assert.Equal(IoResult.Failed, await longName.HandshakeAsync());
        Assert.EndsWith("is no name that a certificate can bear", longName.Session.FailureText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_is_not_sent_as_server_name()
    {
        var (name, address) = (await SentNameAsync("pod.internal"), await SentNameAsync("127.0.0.1"));

        Assert.Equal("pod.internal", name);
        Assert.Equal("", address);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_to_a_backend_that_asks()
    {
        var issued = _authority.Issue(new IssueRequest { Names = ["ingress"], ExtendedUsage = IssueRequest.ClientUsage });
        using var certificate = _authority.Issue("pod.internal").ForStream();
        using var client = new TlsClient(new() { Certificate = issued.ForTransport() });
        var (wire, server, asking) = await TlsRig.ToStreamAsync(client, "pod.internal");
        using var _ = wire;
        using var __ = asking;

        await Task.WhenAll(asking.EstablishAsync(), server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        }));

        Assert.Equal(issued.Serial, server.RemoteCertificate?.GetSerialNumberString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no PEM at all")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")]
    public void Authorities_that_cannot_be_read_are_refused_when_the_policy_is_made(string pem)
    {
        var error = Assert.ThrowsAny<CryptographicException>(() => new TlsClient(new() { Verify = true, CaPem = pem }));

        Assert.Contains(pem.Contains("BEGIN", StringComparison.Ordinal) ? "certificate 1 cannot be read: " : "there is no authority", error.Message, StringComparison.Ordinal);
        new TlsClient(new() { Verify = false, CaPem = pem }).Dispose();
    }

    private static IssueRequest Named(string subject) =>
        System.Net.IPAddress.TryParse(subject, out _) ? new IssueRequest { Addresses = [subject] } : new IssueRequest { Names = [subject] };

    private async Task<string?> RefusalAsync(string name, IssueRequest request) => (await MeetAsync(name, _authority.Issue(request), _authority.Pem)).Text;

    private static async Task<(TlsFault Fault, string? Text)> MeetAsync(string name, IssuedCertificate shown, string? authorities, bool verify = true)
    {
        using var certificate = shown.ForTransport();
        using var server = TlsRig.Server(certificate);
        using var client = new TlsClient(new() { Verify = verify, CaPem = authorities });
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(client, wire.Client, name);
        var serves = serving.HandshakeAsync();
        var result = await asking.HandshakeAsync();
        Assert.Equal(asking.Session.FailureText is null ? 1 : IoResult.Failed, result);
        wire.Client.Close();
        await serves;
        return (asking.Session.Fault, asking.Session.FailureText);
    }

    private async Task<string> SentNameAsync(string name)
    {
        using var certificate = _authority.Issue("pod.internal").ForStream();
        using var client = new TlsClient(TlsRig.NoVerification);
        var (wire, server, asking) = await TlsRig.ToStreamAsync(client, name);
        using var _ = wire;
        using var __ = asking;
        await Task.WhenAll(asking.EstablishAsync(), server.AuthenticateAsServerAsync(certificate));
        return server.TargetHostName;
    }
}
