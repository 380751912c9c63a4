using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;

namespace WsIngress.Translation.Tls;

/// <summary>A Secret looked at as a list of authorities under <c>ca.crt</c>. Only its certificates go on, nothing else of the text.</summary>
internal sealed record CaSecret(string? Pem, ProblemReason Reason, string Message)
{
    public const string Key = "ca.crt";

    private static readonly ConditionalWeakTable<V1Secret, CaSecret> Known = [];

    public static CaSecret For(V1Secret secret) => Known.GetValue(secret, Read);

    private static CaSecret Read(V1Secret secret)
    {
        if (SecretText.Find(secret, Key) is not { } text)
        {
            return new(null, ProblemReason.SecretInvalid, $"lacks {Key}");
        }

        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(text);
            var pem = new StringBuilder();
            foreach (var authority in authorities)
            {
                pem.Append(authority.ExportCertificatePem()).Append('\n');
                authority.Dispose();
            }

            return pem.Length == 0
                ? new(null, ProblemReason.CertificateInvalid, $"has no certificate in PEM form in {Key}")
                : new(pem.ToString(), default, "");
        }
        catch (CryptographicException)
        {
            return new(null, ProblemReason.CertificateInvalid, $"has a {Key} that cannot be read");
        }
    }
}
