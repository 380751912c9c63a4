using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Routing;

namespace WsIngress.Proxy.Tls;

/// <summary>TLS as a client of the pods: without verification any certificate is taken; with it, the system's or the named authorities decide.</summary>
internal static class BackendTlsOptions
{
    public static SslClientAuthenticationOptions Create(BackendTls tls, string serverName)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = tls.ServerName ?? serverName };
        if (!tls.Verify)
        {
#pragma warning disable CA5359 // Pods have certificates of their own making; verification is asked for by annotation, as with nginx.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (tls.CaPem is { } pem)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(pem);
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }
}
