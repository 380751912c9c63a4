using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using WsIngress.Translation.Rules;

namespace WsIngress.Translation.Tls;

/// <summary>
/// A Secret looked at as certificate and key. Expiry is not checked: translation has no clock, and an expired certificate still
/// tells a client more than a stranger's. Reading one costs more than all else of its Ingress, so it is remembered per object.
/// </summary>
internal sealed class TlsSecret
{
    private const string CertificateKey = "tls.crt";
    private const string PrivateKeyKey = "tls.key";
    private const string CommonName = "2.5.4.3";

    private static readonly ConditionalWeakTable<V1Secret, TlsSecret> Known = [];

    public string CertificatePem { get; private init; } = "";
    public string KeyPem { get; private init; } = "";
    public string Fingerprint { get; private init; } = "";

    /// <summary>DNS names of the certificate, lower case: its SANs, or the common name of one that has none.</summary>
    public ImmutableArray<string> Names { get; private init; } = [];

    /// <summary>Null when it can be used; <see cref="Message"/> says why not.</summary>
    public ProblemReason? Reason { get; private init; }

    public string Message { get; private init; } = "";

    /// <summary>Usable, but of type Opaque.</summary>
    public bool IsOpaque { get; private init; }

    public bool Covers(string host)
    {
        foreach (var name in Names)
        {
            if (HostName.Covers(name, host))
            {
                return true;
            }
        }

        return false;
    }

    public static TlsSecret For(V1Secret secret) => Known.GetValue(secret, Read);

    private static TlsSecret Read(V1Secret secret)
    {
        if (secret.Type is not ("kubernetes.io/tls" or "Opaque" or null or ""))
        {
            return Bad(ProblemReason.SecretInvalid, $"has type {ProblemText.Clip(secret.Type, 64)}");
        }

        var (certificate, key) = (SecretText.Find(secret, CertificateKey), SecretText.Find(secret, PrivateKeyKey));
        if (certificate is null || key is null)
        {
            return Bad(ProblemReason.SecretInvalid, $"lacks {(certificate is null ? CertificateKey : PrivateKeyKey)}");
        }

        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            using var leaf = chain.Count > 0 ? chain[0] : null;
            return leaf is null ? Bad(ProblemReason.CertificateInvalid, $"has no certificate in PEM form in {CertificateKey}") : Pair(secret, leaf, certificate, key);
        }
        catch (CryptographicException)
        {
            return Bad(ProblemReason.CertificateInvalid, $"has a {CertificateKey} that cannot be read");
        }
    }

    private static TlsSecret Pair(V1Secret secret, X509Certificate2 leaf, string certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return Bad(ProblemReason.CertificateInvalid, KeyError(key));
        }

        return new()
        {
            CertificatePem = certificate,
            KeyPem = key,
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{certificate}\0{key}"))),
            Names = NamesOf(leaf),
            IsOpaque = secret.Type != "kubernetes.io/tls",
        };
    }

    private static string KeyError(string key)
    {
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            return $"has an encrypted {PrivateKeyKey}, which needs a password";
        }

        return CanRead<RSA>(RSA.Create, key) || CanRead<ECDsa>(ECDsa.Create, key)
            ? $"has a {PrivateKeyKey} that does not belong to its {CertificateKey}"
            : $"has a {PrivateKeyKey} that cannot be read as RSA or ECDSA key in PEM form";
    }

    private static bool CanRead<T>(Func<T> create, string key)
        where T : AsymmetricAlgorithm
    {
        try
        {
            using var algorithm = create();
            algorithm.ImportFromPem(key);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static ImmutableArray<string> NamesOf(X509Certificate2 leaf)
    {
        var names = new List<string>();
        foreach (var extension in leaf.Extensions)
        {
            if (extension is X509SubjectAlternativeNameExtension alternatives)
            {
                names.AddRange(alternatives.EnumerateDnsNames());
            }
        }

        if (names.Count == 0)
        {
            names.AddRange(CommonNames(leaf));
        }

        return [.. names.Select(n => n.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> CommonNames(X509Certificate2 leaf) =>
        from part in leaf.SubjectName.EnumerateRelativeDistinguishedNames()
        where !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName
        select part.GetSingleElementValue();

    private static TlsSecret Bad(ProblemReason reason, string message) => new() { Reason = reason, Message = message };
}
