using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using WsIngress.Routing;

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
    internal SslStreamCertificateContext Find(string? sni)
    {
        if (string.IsNullOrEmpty(sni))
        {
            return Default.Certificate;
        }

        var name = sni[^1] == '.' ? sni[..^1] : sni;
        if (_byName.TryGetValue(name, out var entry))
        {
            return entry.Certificate;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue("*" + name[dot..], out entry) ? entry.Certificate : Default.Certificate;
    }

    /// <summary>Host, source and end of validity of every certificate in use.</summary>
    public IEnumerable<(string Host, string Source, DateTimeOffset NotAfter)> Expiries =>
        _byName.Select(pair => (pair.Key, pair.Value.Source, pair.Value.NotAfter));

    private sealed record Entry(SslStreamCertificateContext Certificate, string Source, DateTimeOffset NotAfter);

    /// <summary>Builds maps; loads only certificates that the map before did not have, and takes the very same list for the very same map.</summary>
    public sealed class Factory(X509Certificate2 fallback, ILogger logger)
    {
        private readonly Entry _fallback = new(SslStreamCertificateContext.Create(fallback, null, offline: true), "", new DateTimeOffset(fallback.NotAfter));

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

        private static Entry Read(TlsBinding binding)
        {
            var leaf = X509Certificate2.CreateFromPem(binding.CertificatePem, binding.KeyPem);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(binding.CertificatePem);
            if (chain.Count > 0)
            {
                chain.RemoveAt(0);
            }

            return new(SslStreamCertificateContext.Create(leaf, chain, offline: true), binding.Source, new DateTimeOffset(leaf.NotAfter));
        }
    }
}
