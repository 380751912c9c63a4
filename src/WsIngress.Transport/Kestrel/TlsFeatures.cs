using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using WsIngress.Transport.Tls;

namespace WsIngress.Transport.Kestrel;

/// <summary>What Kestrel asks about a connection whose TLS the transport has ended: by these features it knows the scheme, and HTTP/2 by ALPN.</summary>
internal sealed class TlsFeatures(TlsSession session) : ITlsConnectionFeature, ITlsApplicationProtocolFeature, ITlsHandshakeFeature
{
    private readonly ReadOnlyMemory<byte> _protocol = session.ApplicationProtocol.Protocol;

    public X509Certificate2? ClientCertificate { get; set; } = session.PeerCertificate;

    /// <summary>Why the client's certificate does not verify; null when it does.</summary>
    public string? Refusal { get; } = session.PeerRefusal;

    public ReadOnlyMemory<byte> ApplicationProtocol => _protocol;

    public SslProtocols Protocol { get; } = session.Protocol;

    public TlsCipherSuite? NegotiatedCipherSuite { get; } = session.CipherSuite;

    public string HostName { get; } = session.ServerName ?? "";

#pragma warning disable SYSLIB0058 // Members of the interface that the suite has replaced.
    public CipherAlgorithmType CipherAlgorithm => CipherAlgorithmType.None;

    public int CipherStrength => 0;

    public HashAlgorithmType HashAlgorithm => HashAlgorithmType.None;

    public int HashStrength => 0;

    public ExchangeAlgorithmType KeyExchangeAlgorithm => ExchangeAlgorithmType.None;

    public int KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);

    public void AddTo(IFeatureCollection features)
    {
        features.Set<ITlsConnectionFeature>(this);
        features.Set<ITlsApplicationProtocolFeature>(this);
        features.Set<ITlsHandshakeFeature>(this);
    }
}
