using WsIngress.Proxy.Http;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;

namespace WsIngress.Proxy.Handshake;

/// <summary>Everything that can refuse a handshake before a pod is chosen, in the order in which it is asked.</summary>
internal static class HandshakeGuards
{
    public static HandshakeRefused? Check(HandshakeCall call, RouteState route)
    {
        switch (RouteGuards.Check(route.Policy, call.Forwarded))
        {
            case RouteVerdict.Closed:
                call.Detail = route.Policy.ClosedBecause;
                return call.Refuse(503, HandshakeRefusal.Closed, RouteGuards.ClosedText(route.Policy));
            case RouteVerdict.AddressDenied:
                return call.Refuse(403, HandshakeRefusal.AddressDenied, "this address is not allowed");
            case RouteVerdict.RedirectToTls:
                return call.Refuse(308, HandshakeRefusal.RedirectedToTls, "this route is served over TLS only", RouteGuards.TlsLocation(call.Client.Authority, call.Target.PathAndQuery));
        }

        if (!route.Policy.WebSocket.Enabled)
        {
            return call.Refuse(403, HandshakeRefusal.WebSocketOff, "WebSockets are switched off for this route");
        }

        return CheckRequest(call);
    }

    private static HandshakeRefused? CheckRequest(HandshakeCall call)
    {
        var client = call.Client;
        if (!HttpSyntax.IsVisibleAscii(client.Authority))
        {
            return call.Refuse(400, HandshakeRefusal.BadRequest, "Host header missing or malformed");
        }

        if (!client.IsExtendedConnect && !PodHandshake.IsKey(client.Headers.Get("Sec-WebSocket-Key")))
        {
            return call.Refuse(400, HandshakeRefusal.BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455, section 4.1)");
        }

        if (!client.IsExtendedConnect && (client.Headers.Contains("Transfer-Encoding") || client.Headers.Get("Content-Length") is not (null or "0")))
        {
            return call.Refuse(400, HandshakeRefusal.BadRequest, "a WebSocket handshake has no body");
        }

        foreach (var field in client.Headers)
        {
            // Over HTTP/2 the server lets anything pass as a name, line ends too, and toward the pod a name is a part of a line.
            if (!HttpSyntax.IsToken(field.Name))
            {
                return call.Refuse(400, HandshakeRefusal.BadRequest, "a header's name is no token (RFC 9110, section 5.1)");
            }

            if (!HttpSyntax.IsFieldValue(field.Value))
            {
                return call.Refuse(400, HandshakeRefusal.BadRequest, $"header {field.Name} holds a control character");
            }
        }

        return null;
    }
}
