namespace WsIngress.Tests.Relay.Support;

/// <summary>The drivers that pass the same suite, on every kind of connection that they meet.</summary>
public enum RelayDriver
{
    /// <summary>StreamRelay over streams in memory.</summary>
    Streams,

    /// <summary>StreamRelay over TLS on an event loop, as toward a wss pod of an HTTP/2 client.</summary>
    StreamsTls,

    /// <summary>SocketRelay over TCP connections on an event loop.</summary>
    Sockets,

    /// <summary>The same with TLS on both sides.</summary>
    SocketsTls,
}
