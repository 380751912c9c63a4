using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Rules;

namespace WsIngress.Translation.Tls;

/// <summary>Step 5: <c>spec.tls</c> into a certificate per host. A host whose certificate cannot be used is served with the default certificate.</summary>
internal sealed class TlsTranslator(SnapshotIndex index)
{
    private const string AllowedSecret = "a Secret of type kubernetes.io/tls of the same namespace, with tls.crt and tls.key";

    public void Translate(IngressDraft draft)
    {
        for (var i = 0; draft.Ingress.Spec?.Tls is { } tls && i < tls.Count; i++)
        {
            // An empty name asks for the default certificate.
            if (tls[i] is { SecretName.Length: > 0 } entry)
            {
                Translate(draft, entry, i);
            }
        }
    }

    private void Translate(IngressDraft draft, V1IngressTLS entry, int i)
    {
        if (Usable(draft, entry.SecretName, i) is not { } secret)
        {
            return;
        }

        if (entry.Hosts is not { Count: > 0 } hosts)
        {
            FromNames(draft, entry.SecretName, secret, i);
            return;
        }

        for (var j = 0; j < hosts.Count; j++)
        {
            if (!HostName.TryParse(hosts[j], out var host, out var error) || host.Length == 0)
            {
                draft.Add(ProblemReason.InvalidHost, $"spec.tls[{i}].hosts[{j}]", hosts[j], HostName.Allowed, $"the host {(error.Length > 0 ? error : "is empty")}; it has no certificate");
            }
            else if (!secret.Covers(host))
            {
                draft.Add(ProblemReason.CertificateInvalid, $"spec.tls[{i}].hosts[{j}]", host, string.Join(", ", secret.Names.Take(10)), $"the certificate in Secret {draft.Owner.Namespace}/{entry.SecretName} does not cover {host}; the default certificate is served");
            }
            else
            {
                draft.Tls.Add(new(Bind(draft, host, entry.SecretName, secret), i, j));
            }
        }
    }

    private TlsSecret? Usable(IngressDraft draft, string name, int i)
    {
        if (index.SecretFor(draft.Owner.Namespace, name) is not { } found)
        {
            draft.Add(ProblemReason.SecretNotFound, Field(i), name, AllowedSecret, $"Secret {draft.Owner.Namespace}/{ProblemText.Clip(name)} does not exist; the default certificate is served");
            return null;
        }

        var secret = TlsSecret.For(found);
        if (secret.Reason is { } reason)
        {
            draft.Add(reason, Field(i), name, AllowedSecret, $"Secret {draft.Owner.Namespace}/{name} {secret.Message}; the default certificate is served");
            return null;
        }

        if (secret.IsOpaque)
        {
            draft.Add(ProblemReason.SecretInvalid, Field(i), name, AllowedSecret, $"Secret {draft.Owner.Namespace}/{name} is not of type kubernetes.io/tls; it is used all the same", ProblemSeverity.Warning);
        }

        return secret;
    }

    private static void FromNames(IngressDraft draft, string name, TlsSecret secret, int i)
    {
        var any = false;
        foreach (var text in secret.Names)
        {
            // The empty name would be the default certificate, for everybody.
            if (HostName.TryParse(text, out var host, out _) && host.Length > 0)
            {
                draft.Tls.Add(new(Bind(draft, host, name, secret), i, -1));
                any = true;
            }
        }

        if (!any)
        {
            draft.Add(ProblemReason.CertificateInvalid, Field(i), name, AllowedSecret, $"spec.tls names no hosts, and the certificate in Secret {draft.Owner.Namespace}/{name} has no DNS name; the default certificate is served");
        }
    }

    private static string Field(int i) => $"spec.tls[{i}].secretName";

    private static TlsBinding Bind(IngressDraft draft, string host, string name, TlsSecret secret) => new()
    {
        Host = host,
        Source = $"{draft.Owner.Namespace}/{name}",
        CertificatePem = secret.CertificatePem,
        KeyPem = secret.KeyPem,
        Fingerprint = secret.Fingerprint,
    };
}
