using WsIngress.Proxy;

namespace WsIngress.Tests.Proxy;

/// <summary>
/// The suite runs on the product's default transport. <c>WSINGRESS_TRANSPORT=sockets</c> and <c>WSINGRESS_HANDSHAKE=kestrel</c> run all of it on the others,
/// as the same variables do for the built program.
/// </summary>
internal static class TestTransport
{
    public static TransportKind Kind { get; } =
        Environment.GetEnvironmentVariable("WSINGRESS_TRANSPORT") == "sockets" ? TransportKind.Sockets : ProxyOptions.DefaultTransport;

    private static readonly HandshakeWay Way =
        Environment.GetEnvironmentVariable("WSINGRESS_HANDSHAKE") == "kestrel" ? HandshakeWay.Kestrel : HandshakeWay.Transport;

    /// <summary>Plain requests do not go through the HTTP client of the platform, which asks a pod again that has ended a new connection without an answer.</summary>
    public static bool ServesPlainOnLoops => Kind == TransportKind.Epoll && Way == HandshakeWay.Transport;

    public static ProxyOptions Apply(ProxyOptions options) => options with { Transport = Kind, Handshake = Way };
}
