using System.Collections.Immutable;
using System.Net.Security;
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
    private readonly Dictionary<string, Entry> _byName;
    private readonly Dictionary<string, Entry> _byFingerprint;

    private CertificateMap(Dictionary<string, Entry> byName, Dictionary<string, Entry> byFingerprint, Entry fallback)
    {
        _byName = byName;
        _byFingerprint = byFingerprint;
        Default = fallback;
    }

    private Entry Default { get; }

    /// <param name="sni">As sent by the client; null or empty takes the default.</param>
    internal SslStreamCertificateContext Find(string? sni) => EntryOf(sni).Certificate;

    /// <summary>The same for a session of OpenSSL. Where OpenSSL cannot use the certificate, the default one stands in.</summary>
    /// <param name="sni">As sent by the client; null or empty takes the default.</param>
    internal TlsCertificate FindNative(string? sni) => EntryOf(sni).Native.Value ?? Default.Native.Value ?? throw new InvalidOperationException("the default certificate cannot be used");

    private Entry EntryOf(string? sni)
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

    /// <summary>Host, source and end of validity of every certificate in use.</summary>
    public IEnumerable<(string Host, string Source, DateTimeOffset NotAfter)> Expiries =>
        _byName.Select(pair => (pair.Key, pair.Value.Source, pair.Value.NotAfter));

    /// <param name="Certificate">For SslStream.</param>
    /// <param name="Native">For OpenSSL, made when it is first needed; null when it cannot be.</param>
    /// <param name="Source">The Secret, for messages.</param>
    /// <param name="NotAfter">End of validity.</param>
    private sealed record Entry(SslStreamCertificateContext Certificate, Lazy<TlsCertificate?> Native, string Source, DateTimeOffset NotAfter);

    /// <summary>Builds maps; loads only certificates that the map before did not have.</summary>
    public sealed class Factory(X509Certificate2 fallback, ILogger logger)
    {
        private readonly Entry _fallback = new(
            SslStreamCertificateContext.Create(fallback, null, offline: true),
            new Lazy<TlsCertificate?>(() => TlsCertificate.FromPem(fallback.ExportCertificatePem(), fallback.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem())),
            "",
            new DateTimeOffset(fallback.NotAfter));

        public CertificateMap Build(ImmutableArray<TlsBinding> bindings, CertificateMap? previous)
        {
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

            return new CertificateMap(byName, byFingerprint, defaultEntry);
        }

        /// <summary>The translator has read the pair before; a key that only this machine's OpenSSL refuses costs its own host alone.</summary>
        private Entry Load(TlsBinding binding)
        {
            try
            {
                return Read(binding);
            }
            catch (Exception error)
            {
                ProxyLog.CertificateUnusable(logger, error, binding.Source, binding.Host);
                return _fallback;
            }
        }

        private Entry Read(TlsBinding binding)
        {
            var leaf = X509Certificate2.CreateFromPem(binding.CertificatePem, binding.KeyPem);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(binding.CertificatePem);
            if (chain.Count > 0)
            {
                chain.RemoveAt(0);
            }

            return new(
                SslStreamCertificateContext.Create(leaf, chain, offline: true),
                new Lazy<TlsCertificate?>(() => ReadNative(binding)),
                binding.Source,
                new DateTimeOffset(leaf.NotAfter));
        }

        private TlsCertificate? ReadNative(TlsBinding binding)
        {
            try
            {
                return TlsCertificate.FromPem(binding.CertificatePem, binding.KeyPem);
            }
            catch (Exception error)
            {
                ProxyLog.CertificateUnusable(logger, error, binding.Source, binding.Host);
                return null;
            }
        }
    }
}
