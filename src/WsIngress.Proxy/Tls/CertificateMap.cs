using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using WsIngress.Routing;
using WsIngress.Transport.Tls;

namespace WsIngress.Proxy.Tls;

/// <summary>
/// Certificates by SNI name, immutable and swapped whole: exact name, then one-label wildcard, then the default. A connection
/// that is open keeps the certificate it was opened with.
/// </summary>
public sealed class CertificateMap
{
    private readonly ImmutableArray<TlsBinding> _source;
    private readonly Dictionary<string, Entry> _byName;
    private readonly Dictionary<string, Entry> _byFingerprint;

    private CertificateMap(ImmutableArray<TlsBinding> source, Dictionary<string, Entry> byName, Dictionary<string, Entry> byFingerprint, Entry fallback)
    {
        _source = source;
        _byName = byName;
        _byFingerprint = byFingerprint;
        Default = fallback;
    }

    private Entry Default { get; }

    /// <param name="sni">As sent by the client; null or empty takes the default.</param>
    internal SslStreamCertificateContext Find(string? sni) => FindEntry(sni).Certificate.Value;

    /// <summary>
    /// The same choice for a handshake in the transport. A key that only OpenSSL refuses costs its own host alone.
    /// </summary>
    /// <param name="sni">As sent by the client; null or empty takes the default.</param>
    internal TlsCertificate FindTls(string? sni) => FindEntry(sni).Transport.Value;

    /// <summary>
    /// Host, source and end of validity of every certificate in use; the default's host is <c>(default)</c>. Not the one that was made at the start: it has no
    /// source, and no client trusts it anyhow.
    /// </summary>
    public IEnumerable<(string Host, string Source, DateTimeOffset NotAfter)> Expiries =>
        _byName.Append(new("(default)", Default)).Where(pair => pair.Value.Source.Length > 0).Select(pair => (pair.Key, pair.Value.Source, pair.Value.NotAfter));

    private Entry FindEntry(string? sni)
    {
        if (string.IsNullOrEmpty(sni))
        {
            return Default;
        }

        var name = sni[^1] == '.' ? sni[..^1] : sni;
        if (_byName.TryGetValue(name, out var entry))
        {
            return entry;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue("*" + name[dot..], out entry) ? entry : Default;
    }

    private sealed record Entry(Lazy<SslStreamCertificateContext> Certificate, string Source, DateTimeOffset NotAfter, Lazy<TlsCertificate> Transport);

    /// <summary>Builds maps; loads only certificates that the map before did not have, and takes the very same list for the very same map.</summary>
    public sealed class Factory(X509Certificate2 fallback, ILogger logger)
    {
        private readonly Entry _fallback = new(
            new(SslStreamCertificateContext.Create(fallback, null, offline: true)),
            "",
            new DateTimeOffset(fallback.NotAfter),
            new(() => TlsCertificate.FromPem(fallback.ExportCertificatePem(), KeyPem(fallback))));

        public CertificateMap Build(ImmutableArray<TlsBinding> bindings, CertificateMap? previous)
        {
            if (previous is not null && previous._source == bindings)
            {
                return previous;
            }

            var byName = new Dictionary<string, Entry>(bindings.Length, StringComparer.OrdinalIgnoreCase);
            var byFingerprint = new Dictionary<string, Entry>(StringComparer.Ordinal);
            var defaultEntry = _fallback;
            foreach (var binding in bindings)
            {
                if (!byFingerprint.TryGetValue(binding.Fingerprint, out var entry))
                {
                    entry = previous is not null && previous._byFingerprint.TryGetValue(binding.Fingerprint, out var known)
                        ? known
                        : Load(binding);
                    byFingerprint.Add(binding.Fingerprint, entry);
                }

                if (binding.Host.Length == 0)
                {
                    defaultEntry = entry;
                }
                else
                {
                    byName[binding.Host] = entry;
                }
            }

            return new CertificateMap(bindings, byName, byFingerprint, defaultEntry);
        }

        /// <summary>Keys are read when the first client asks: most of 10,000 hosts have none for hours, and a start with 2,500 of them took six seconds.</summary>
        private Entry Load(TlsBinding binding) => Usable(
            binding,
            () =>
            {
                using var leaf = X509Certificate2.CreateFromPem(binding.CertificatePem);
                return new(
                    new(() => Usable(binding, () => ReadForSslStream(binding), () => _fallback.Certificate.Value)),
                    binding.Source,
                    new DateTimeOffset(leaf.NotAfter),
                    new(() => Usable(binding, () => TlsCertificate.FromPem(binding.CertificatePem, binding.KeyPem), () => _fallback.Transport.Value)));
            },
            () => _fallback);

        /// <summary>The translator has read the pair before; a key that only this machine's OpenSSL refuses costs its own host alone.</summary>
        private T Usable<T>(TlsBinding binding, Func<T> read, Func<T> fallback)
        {
            try
            {
                return read();
            }
            catch (Exception error)
            {
                ProxyLog.CertificateUnusable(logger, error, binding.Source, binding.Host);
                return fallback();
            }
        }

        private static SslStreamCertificateContext ReadForSslStream(TlsBinding binding)
        {
            var leaf = X509Certificate2.CreateFromPem(binding.CertificatePem, binding.KeyPem);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(binding.CertificatePem);
            if (chain.Count > 0)
            {
                chain.RemoveAt(0);
            }

            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }

        private static string KeyPem(X509Certificate2 pair)
        {
            using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)pair.GetECDsaPrivateKey() ?? pair.GetRSAPrivateKey();
            return key?.ExportPkcs8PrivateKeyPem() ?? throw new CryptographicException("the default certificate has no key that can be exported");
        }
    }
}
