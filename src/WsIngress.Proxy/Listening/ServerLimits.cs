using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace WsIngress.Proxy.Listening;

/// <summary>The bounds that Kestrel keeps for us, and those of its own that must not stand.</summary>
internal static class ServerLimits
{
    public static void Apply(KestrelServerLimits limits, ProxyOptions options)
    {
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = 256;
        limits.MaxRequestLineSize = options.MaxRequestLine;

        // One field above this breaks the connection; below it the total decides, and answers 431.
        limits.Http2.MaxRequestHeaderFieldSize = 4 * options.MaxHeaderBytes;
        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        limits.KeepAliveTimeout = options.KeepAliveTimeout;

        // Routes have their own.
        limits.MaxRequestBodySize = null;

        // These end after 5 s a gRPC stream whose client is silent, and later a socket whose client reads slowly. The route's request
        // timeout counts silence both ways on plain exchanges, the relay's rules on sockets.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }
}
