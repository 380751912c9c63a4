using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WsIngress.Proxy.Tls;

/// <summary>The self-signed certificate for clients whose name no Secret covers: made anew at every start, valid one year.</summary>
public static class DefaultCertificate
{
    public const string CommonName = "WsIngress Default Certificate";

    public static X509Certificate2 Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={CommonName}, O=WsIngress", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("ingress.local");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(365));
    }
}
