using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace WsIngress.Cluster;

/// <summary>
/// Trusts a server whose certificate one of the configured authorities signed for the name that was dialled. Both: the cluster's authority also
/// signs for kubelets, and their certificates must not pass for the API server's.
/// </summary>
internal sealed class ServerTrust(X509Certificate2Collection authorities)
{
    /// <exception cref="AuthenticationException">A sentence for the operator: why it is not trusted.</exception>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf)
        {
            throw new AuthenticationException("it showed no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new AuthenticationException($"its certificate ({leaf.Subject}) is for {Names(leaf)}, not for the host that was dialled");
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainElements.Select(element => element.Certificate).ToArray());
        }

        return chain.Build(leaf)
            ? true
            : throw new AuthenticationException($"its certificate ({leaf.Subject}) is not vouched for by the configured authority ({authorities[0].Subject}): {Reason(chain)}");
    }

    private static string Names(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var all = names is null ? [] : names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())).Take(10).ToArray();
        return all.Length == 0 ? "no host" : string.Join(", ", all);
    }

    private static string Reason(X509Chain chain) => string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
}
