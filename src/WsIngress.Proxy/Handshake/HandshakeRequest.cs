using System.Net;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// A client's wish for a WebSocket, whatever brought it: HTTP/1.1 Upgrade (RFC 6455 §4.1) or extended CONNECT over HTTP/2
/// (RFC 8441 §5). The pipeline sees only this, never an HTTP server's own types.
/// </summary>
public sealed class HandshakeRequest
{
    /// <summary>True for RFC 8441: no key, no Upgrade header, the answer is 200.</summary>
    public required bool IsExtendedConnect { get; init; }

    public required bool IsTls { get; init; }

    /// <summary>Host header or <c>:authority</c>, as sent.</summary>
    public required string Authority { get; init; }

    /// <summary>Request target as sent.</summary>
    public required string RawTarget { get; init; }

    /// <summary>All header lines, pseudo-headers left out.</summary>
    public required HeaderList Headers { get; init; }

    /// <summary>Address of the connection, after PROXY protocol.</summary>
    public required IPAddress Peer { get; init; }

    /// <summary>What the client has shown in the TLS handshake; null when it was not asked, or had none.</summary>
    public ClientCertificate? ClientCertificate { get; init; }
}

/// <summary>A client's certificate (RFC 8446 §4.4.2). A listener that requires one lets none through that does not verify; one that only asks does.</summary>
/// <param name="Certificate">As it was shown.</param>
/// <param name="Refusal">Why it does not verify; null when it does.</param>
public sealed record ClientCertificate(X509Certificate2 Certificate, string? Refusal);
