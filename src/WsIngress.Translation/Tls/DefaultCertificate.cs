using WsIngress.Routing;

namespace WsIngress.Translation.Tls;

/// <summary>The certificate of <see cref="TranslationOptions.DefaultCertificate"/>, for clients that name no host we have a certificate for.</summary>
internal static class DefaultCertificate
{
    private const string Allowed = "a Secret of type kubernetes.io/tls with tls.crt and tls.key";

    /// <summary>Null when none is asked for, or when its Secret cannot be used, which is a problem of that Secret.</summary>
    public static TlsBinding? Bind(SnapshotIndex index, TranslationOptions options, List<Problem> problems)
    {
        if (options.DefaultCertificate?.Split('/') is not [var ns, var name])
        {
            return null;
        }

        var reference = new ObjectReference("Secret", ns, name);
        if (index.Secret(ns, name) is not { } found)
        {
            problems.Add(new(reference, ProblemReason.SecretNotFound, "metadata.name", name, Allowed, "the Secret of the default certificate does not exist; a self-signed certificate is served"));
            return null;
        }

        var secret = TlsSecret.For(found);
        if (secret.Reason is { } reason)
        {
            problems.Add(new(reference, reason, "data", "", Allowed, $"the Secret of the default certificate {secret.Message}; a self-signed certificate is served"));
            return null;
        }

        return new() { Host = "", Source = $"{ns}/{name}", CertificatePem = secret.CertificatePem, KeyPem = secret.KeyPem, Fingerprint = secret.Fingerprint };
    }
}
