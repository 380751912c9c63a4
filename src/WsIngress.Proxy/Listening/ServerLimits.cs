using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace WsIngress.Proxy.Listening;

/// <summary>The bounds that Kestrel keeps for us, and those of its own that must not stand.</summary>
internal static class ServerLimits
{
    /// <summary>What may wait between a connection and the relay, whose own buffer is 16 KiB: 64 KiB together in one direction.</summary>
    private const int PendingBytes = 48 * 1024;

    /// <summary>
    /// What a client may send ahead on one HTTP/2 stream: the least that Kestrel takes. One stream's upload is so bound to 64 KiB per round
    /// trip, as on servers that keep the protocol's default.
    /// </summary>
    private const int StreamWindow = 64 * 1024;

    /// <summary>Most header lines of a request before 431.</summary>
    public const int MaxHeaders = 256;

    public static void Apply(KestrelServerLimits limits, ProxyOptions options)
    {
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestLineSize = options.MaxRequestLine;

        // Not below a head, says Kestrel; the transport's own bound below is what holds a connection back.
        limits.MaxRequestBufferSize = Math.Max(StreamWindow, Math.Max(options.MaxHeaderBytes, options.MaxRequestLine));
        limits.MaxResponseBufferSize = PendingBytes;

        // One field above this breaks the connection; below it the total decides, and answers 431.
        limits.Http2.MaxRequestHeaderFieldSize = 4 * options.MaxHeaderBytes;

        // The connection's window has room for the windows of all its streams: a socket whose pod does not read must not stop the others.
        limits.Http2.InitialStreamWindowSize = StreamWindow;
        limits.Http2.InitialConnectionWindowSize = StreamWindow * limits.Http2.MaxStreamsPerConnection;
        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        limits.KeepAliveTimeout = options.KeepAliveTimeout;

        // Routes have their own, which HttpEndpoint keeps.
        limits.MaxRequestBodySize = null;

        // These end after 5 s a gRPC stream whose client is silent, and later a socket whose client reads slowly. The route's request
        // timeout counts silence both ways on plain exchanges, the relay's rules on sockets.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }

    /// <summary>Without these a client may be 1 MiB ahead of its pod. A longer request head still fits: what was looked at does not count.</summary>
    public static void Apply(SocketTransportOptions transport)
    {
        transport.MaxReadBufferSize = PendingBytes;
        transport.MaxWriteBufferSize = PendingBytes;
    }
}
