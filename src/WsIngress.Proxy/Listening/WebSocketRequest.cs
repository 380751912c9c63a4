using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Transport.Kestrel;

namespace WsIngress.Proxy.Listening;

/// <summary>How a WebSocket arrived.</summary>
internal enum WebSocketKind
{
    /// <summary>RFC 6455.</summary>
    Upgrade,

    /// <summary>RFC 8441.</summary>
    ExtendedConnect,
}

/// <summary>Recognises a WebSocket among requests and takes it out of ASP.NET's types.</summary>
internal static class WebSocketRequest
{
    public static WebSocketKind? IsUpgrade(HttpContext http)
    {
        // Not IsUpgradableRequest: a handshake with a body is one too, and is to be refused as such.
        if (HttpProtocol.IsHttp11(http.Request.Protocol) && HttpMethods.IsGet(http.Request.Method)
            && Has(http.Request.Headers.Upgrade, "websocket") && Has(http.Request.Headers.Connection, "upgrade"))
        {
            return WebSocketKind.Upgrade;
        }

        return http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: var protocol }
            && string.Equals(protocol, "websocket", StringComparison.OrdinalIgnoreCase)
            ? WebSocketKind.ExtendedConnect
            : null;
    }

    private static bool Has(StringValues lines, string token)
    {
        foreach (var line in lines)
        {
            if (HeaderList.ListHas(line, token))
            {
                return true;
            }
        }

        return false;
    }

    public static HandshakeRequest Read(HttpContext http, WebSocketKind kind)
    {
        var headers = new HeaderList(http.Request.Headers.Count + 2);
        foreach (var (name, values) in http.Request.Headers)
        {
            if (name.StartsWith(':'))
            {
                continue;
            }

            foreach (var value in values)
            {
                headers.Add(name, value ?? "");
            }
        }

        return new HandshakeRequest
        {
            IsExtendedConnect = kind == WebSocketKind.ExtendedConnect,
            IsTls = http.Request.IsHttps,
            Authority = http.Request.Headers.Host.ToString(),
            RawTarget = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            Headers = headers,
            Peer = http.Connection.RemoteIpAddress ?? IPAddress.None,
            ClientCertificate = Certificate(http.Features.Get<ITlsConnectionFeature>()),
        };
    }

    /// <summary>Kestrel's own TLS ends a handshake whose certificate does not verify.</summary>
    private static ClientCertificate? Certificate(ITlsConnectionFeature? tls) =>
        tls?.ClientCertificate is { } certificate ? new(certificate, (tls as TlsFeatures)?.Refusal) : null;
}
