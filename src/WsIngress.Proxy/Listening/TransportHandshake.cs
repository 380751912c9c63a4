using System.Net;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Tls;

namespace WsIngress.Proxy.Listening;

/// <summary>A handshake whose head the transport has read itself, in the form in which <see cref="WebSocketRequest"/> takes it from ASP.NET.</summary>
internal static class TransportHandshake
{
    /// <param name="head">The head.</param>
    /// <param name="peer">Address of the connection, after PROXY protocol.</param>
    /// <param name="isTls">The connection is TLS.</param>
    /// <param name="tls">Its session.</param>
    public static HandshakeRequest Read(RequestHead head, IPAddress peer, bool isTls, TlsSession? tls = null)
    {
        return new HandshakeRequest
        {
            IsExtendedConnect = false,
            IsTls = isTls,
            Authority = head.Host,
            RawTarget = head.Target,
            Headers = HeadersOf(head),
            Peer = peer,
            ClientCertificate = tls?.PeerCertificate is { } certificate ? new(certificate, tls.PeerRefusal) : null,
        };
    }

    public static HeaderList HeadersOf(RequestHead head)
    {
        var headers = new HeaderList(head.Lines.Length);
        foreach (var line in head.Lines)
        {
            headers.Add(line.Name, line.Value);
        }

        return headers;
    }

    /// <summary>The bounds of Kestrel, as <see cref="ServerLimits"/> sets them.</summary>
    public static HeadLimits Limits(ProxyOptions options) => new(options.MaxRequestLine, options.MaxHeaderBytes, ServerLimits.MaxHeaders);
}
