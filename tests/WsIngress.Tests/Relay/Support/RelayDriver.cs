namespace WsIngress.Tests.Relay.Support;

/// <summary>The drivers that pass the same suite.</summary>
public enum RelayDriver
{
    /// <summary>StreamRelay over streams in memory.</summary>
    Streams,

    /// <summary>SocketRelay over TCP connections on an event loop.</summary>
    Sockets,
}
