using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WsIngress.ApiServer;

/// <summary>The certificate authority of one fake server: signs its own certificate and those of clients (ECDSA P-256, two days).</summary>
public sealed class ServerAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    internal ServerAuthority()
    {
        var request = new CertificateRequest("CN=fake-kubernetes-ca", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
    }

    /// <summary>The authority's certificate, for clients to trust.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>A client certificate and its key, both PEM.</summary>
    public (string Certificate, string Key) IssueClient(string commonName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Sign($"CN={commonName}", key, ClientUse);
        return (signed.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    internal X509Certificate2 IssueServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Sign("CN=kube-apiserver", key, ServerUse);
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>The common name of a client certificate; null without one.</summary>
    /// <exception cref="ApiFailure">401: signed by somebody else.</exception>
    internal string? UserOf(X509Certificate2? client)
    {
        if (client is null)
        {
            return null;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(_certificate);
        return chain.Build(client) ? client.GetNameInfo(X509NameType.SimpleName, forIssuer: false) : throw ApiFailure.Unauthorized();
    }

    private X509Certificate2 Sign(string subject, ECDsa key, string use)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (use == ServerUse)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        var now = TimeProvider.System.GetUtcNow();
        return request.Create(_certificate, now.AddDays(-1).AddMinutes(1), now.AddDays(1), RandomNumberGenerator.GetBytes(16));
    }
}
