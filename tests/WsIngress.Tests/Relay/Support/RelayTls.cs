using WsIngress.Tests.Transport.Tls;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Relay.Support;

/// <summary>One server's and one client's side of TLS for all relays of the suite: what they are about is not the handshake.</summary>
internal static class RelayTls
{
    private const string Name = "relay.example";

    private static readonly Lazy<TlsServer> Server = new(() =>
    {
        using var authority = new TestAuthority();
        return TlsRig.Server(authority.Issue(Name).ForTransport());
    });

    private static readonly Lazy<TlsClient> Client = new(() => new TlsClient(TlsRig.NoVerification));

    public static TlsSession Accept(int descriptor)
    {
        return Server.Value.Accept(descriptor);
    }

    public static TlsSession Connect(int descriptor)
    {
        return Client.Value.Connect(descriptor, Name);
    }
}
