using System.Collections.Concurrent;
using WsIngress.Routing;
using WsIngress.Transport.Tls;

namespace WsIngress.Proxy.Tls;

/// <summary>OpenSSL's settings toward the pods, one context per distinct policy. Sessions keep theirs alive after it was forgotten here.</summary>
internal sealed class PodTls
{
    /// <summary>Policies of authorities that were rotated away would pile up for ever.</summary>
    private const int MaxContexts = 256;

    private readonly ConcurrentDictionary<(bool Verify, string? CaPem), TlsClient> _clients = new();

    /// <exception cref="System.Security.Cryptography.CryptographicException">The authorities of the policy cannot be read.</exception>
    public TlsSession Connect(int descriptor, BackendTls tls, string serverName)
    {
        if (_clients.Count > MaxContexts)
        {
            _clients.Clear();
        }

        var client = _clients.GetOrAdd((tls.Verify, tls.CaPem), static key => new TlsClient(new TlsClientOptions { Verify = key.Verify, CaPem = key.CaPem }));
        return client.Connect(descriptor, tls.ServerName ?? serverName);
    }
}
