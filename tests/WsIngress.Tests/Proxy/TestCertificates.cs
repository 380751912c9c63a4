using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Routing;

namespace WsIngress.Tests.Proxy;

/// <summary>An authority of the tests' own and the certificates it signs.</summary>
internal sealed class TestCertificates : IDisposable
{
    public const string PodName = "pod.internal";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private int _serial;

    public TestCertificates()
    {
        var request = new CertificateRequest("CN=Test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>A certificate with its key for the names.</summary>
    public X509Certificate2 Issue(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Sign(key, names);
        using var pair = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A binding for an SNI name, and the serial number that a client of it sees.</summary>
    public (TlsBinding Binding, string Serial) Bind(string host, string? name = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Sign(key, name ?? (host.Length == 0 ? "default.test" : host));
        var binding = new TlsBinding
        {
            Host = host,
            Source = "default/tls",
            CertificatePem = signed.ExportCertificatePem(),
            KeyPem = key.ExportPkcs8PrivateKeyPem(),
            Fingerprint = signed.GetCertHashString(HashAlgorithmName.SHA256),
        };
        return (binding, signed.SerialNumber);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(ECDsa key, params string[] names)
    {
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.Create(_authority, now.AddHours(-1), now.AddDays(10), [1, 2, 3, (byte)++_serial]);
    }
}
