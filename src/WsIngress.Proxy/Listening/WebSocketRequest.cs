using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;

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
        if (http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            foreach (var value in http.Request.Headers.Upgrade)
            {
                if (HttpMethods.IsGet(http.Request.Method) && HeaderList.ListHas(value, "websocket"))
                {
                    return WebSocketKind.Upgrade;
                }
            }
        }

        return http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: var protocol }
            && string.Equals(protocol, "websocket", StringComparison.OrdinalIgnoreCase)
            ? WebSocketKind.ExtendedConnect
            : null;
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
        };
    }
}
