using System.Runtime.CompilerServices;
using WsIngress.Routing;
using WsIngress.Transport.Tls;

namespace WsIngress.Proxy.Tls;

/// <summary>
/// TLS toward the pods in the transport: one client, with its authorities and sessions, for each distinct setting. It lives as long as a policy with
/// that setting does, and its connections for as long as they like. For any thread.
/// </summary>
internal sealed class BackendTlsClients
{
    private readonly ConditionalWeakTable<BackendTls, TlsClient> _byPolicy = [];
    private readonly Dictionary<(bool Verify, string? CaPem), WeakReference<TlsClient>> _bySetting = [];
    private readonly Lock _gate = new();

    /// <summary>The client for a policy. The name of a connection is given when it connects: <see cref="BackendTls.ServerName"/>, else the request's host.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The policy's authorities cannot be read; the message says why.</exception>
    public TlsClient Get(BackendTls tls) => _byPolicy.TryGetValue(tls, out var client) ? client : Add(tls);

    /// <summary>Policies are made anew with every translation, and mostly say what the ones before did: looked up by content, they share one client.</summary>
    private TlsClient Add(BackendTls tls)
    {
        lock (_gate)
        {
            var setting = (tls.Verify, tls.Verify ? tls.CaPem : null);
            if (!_bySetting.TryGetValue(setting, out var weak) || !weak.TryGetTarget(out var client))
            {
                foreach (var (gone, _) in _bySetting.Where(pair => !pair.Value.TryGetTarget(out _)).ToArray())
                {
                    _bySetting.Remove(gone);
                }

                client = new TlsClient(new TlsClientOptions { Verify = tls.Verify, CaPem = setting.Item2 });
                _bySetting[setting] = new(client);
            }

            _byPolicy.AddOrUpdate(tls, client);
            return client;
        }
    }
}
