using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>An authority of the tests' own; what it issues is given as PEM, as a Secret holds it.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private int _serial;

    public TestAuthority(string name = "Test authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(Now.AddDays(-20), Now.AddDays(30));
    }

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public string Pem => _certificate.ExportCertificatePem();

    public X509Certificate2 Certificate => _certificate;

    public IssuedCertificate Issue(string name) => Issue(new IssueRequest { Names = [name] });

    public IssuedCertificate Issue(IssueRequest wanted)
    {
        using AsymmetricAlgorithm key = wanted.RsaBits > 0 ? RSA.Create(wanted.RsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = $"CN={(wanted.CommonName ?? wanted.Names.FirstOrDefault() ?? "address")}";
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        Array.ForEach(wanted.Names, alternatives.AddDnsName);
        Array.ForEach(wanted.Addresses, text => alternatives.AddIpAddress(IPAddress.Parse(text)));
        if (wanted.Names.Length + wanted.Addresses.Length > 0)
        {
            request.CertificateExtensions.Add(alternatives.Build());
        }

        if (wanted.ExtendedUsage is { } usage)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        }

        var from = Now.AddDays(wanted.DaysFrom);
        var to = Now.AddDays(wanted.DaysTo);
        using var signed = wanted.SelfSigned
            ? request.CreateSelfSigned(from, to)
            : request.Create(_certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), from, to, [1, 2, 3, (byte)(_serial >> 8), (byte)Interlocked.Increment(ref _serial)]);
        return new(signed.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), signed.SerialNumber);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}

/// <summary>What a certificate of the tests is to be.</summary>
internal sealed record IssueRequest
{
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    public string[] Names { get; init; } = [];

    public string[] Addresses { get; init; } = [];

    public string? CommonName { get; init; }

    public double DaysFrom { get; init; } = -1;

    public double DaysTo { get; init; } = 10;

    public string? ExtendedUsage { get; init; }

    /// <summary>0 is ECDSA over P-256.</summary>
    public int RsaBits { get; init; }

    public bool SelfSigned { get; init; }
}

/// <summary>A certificate and its key in the forms that the peers of a test want.</summary>
internal sealed record IssuedCertificate(string CertificatePem, string KeyPem, string Serial)
{
    /// <summary>For the transport.</summary>
    public TlsCertificate ForTransport() => TlsCertificate.FromPem(CertificatePem, KeyPem);

    /// <summary>For SslStream.</summary>
    public X509Certificate2 ForStream()
    {
        using var pair = X509Certificate2.CreateFromPem(CertificatePem, KeyPem);
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
    }
}
