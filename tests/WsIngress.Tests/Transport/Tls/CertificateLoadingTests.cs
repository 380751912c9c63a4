using System.Security.Cryptography;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>What of a Secret can be used, and what is said of the rest.</summary>
public sealed class CertificateLoadingTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly IssuedCertificate _good;

    public CertificateLoadingTests()
    {
        _good = _authority.Issue("a.example");
    }

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("", "the certificate is missing: there is no BEGIN CERTIFICATE line")]
    [InlineData("no certificate", "the certificate is missing: there is no BEGIN CERTIFICATE line")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "certificate 1 cannot be read: ")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n", "certificate 1 cannot be read: ")]
    public void A_bad_certificate_is_named(string pem, string message) => Refused(pem, _good.KeyPem, message);

    [Theory]
    [InlineData("", "the private key is missing: there is no BEGIN PRIVATE KEY line")]
    [InlineData("no key", "the private key is missing: there is no BEGIN PRIVATE KEY line")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "the private key cannot be read: ")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "the private key cannot be read: ")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "the private key is encrypted; it must have no password")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----", "the private key is encrypted; it must have no password")]
    public void A_bad_key_is_named(string pem, string message) => Refused(_good.CertificatePem, pem, message);

    [Fact]
    public void A_bad_link_of_the_chain_is_named_by_its_place() =>
        Refused(_good.CertificatePem + "\n" + _authority.Pem + "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", _good.KeyPem, "certificate 3 cannot be read: ");

    [Fact]
    public void The_key_of_another_certificate_is_refused()
    {
        Refused(_good.CertificatePem, _authority.Issue("a.example").KeyPem, "the private key does not belong to the certificate");
        Refused(_good.CertificatePem, _authority.Issue(new IssueRequest { Names = ["a.example"], RsaBits = 2048 }).KeyPem, "the private key does not belong to the certificate");
    }

    [Fact]
    public void A_key_below_the_security_level_is_refused_before_a_client_meets_it()
    {
        var weak = _authority.Issue(new IssueRequest { Names = ["a.example"], RsaBits = 512 });

        Refused(weak.CertificatePem, weak.KeyPem, "the certificate is refused: ee key too small");
    }

    [Fact]
    public void Every_usual_form_of_a_key_is_read()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(_good.KeyPem);
        var parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        var rsa = _authority.Issue(new IssueRequest { Names = ["a.example"], RsaBits = 2048 });
        using var rsaKey = RSA.Create();
        rsaKey.ImportFromPem(rsa.KeyPem);

        TlsCertificate.FromPem(_good.CertificatePem, key.ExportECPrivateKeyPem()).Dispose();
        TlsCertificate.FromPem(_good.CertificatePem, parameters + key.ExportECPrivateKeyPem()).Dispose();
        TlsCertificate.FromPem(rsa.CertificatePem, rsaKey.ExportRSAPrivateKeyPem()).Dispose();
        TlsCertificate.FromPem("Subject: CN=a.example\n" + _good.CertificatePem + "\r\n# the authority\r\n" + _authority.Pem, "\n\n" + _good.KeyPem + "\n\n").Dispose();
        TlsCertificate.FromPem(_good.CertificatePem.ReplaceLineEndings("\r\n"), _good.KeyPem.ReplaceLineEndings("\r\n")).Dispose();
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_certificate()
    {
        using var certificate = _good.ForTransport();
        using var foreign = _good.ForStream();

        Assert.Equal(foreign.GetCertHash(HashAlgorithmName.SHA256), certificate.Fingerprint.ToArray());
    }

    private static void Refused(string certificate, string key, string message)
    {
        var error = Assert.ThrowsAny<CryptographicException>(() => TlsCertificate.FromPem(certificate, key));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }
}
