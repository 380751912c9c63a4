using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>One connection with a session at one end or at both, and SslStream where the other end is foreign.</summary>
internal static class TlsRig
{
    public static readonly TlsClientOptions NoVerification = new();

    /// <summary>Two sessions of ours, connected and past the handshake.</summary>
    public static async Task<(Loopback Wire, TlsPeer Server, TlsPeer Client)> PairAsync(TlsServer server, TlsClient client, string name = "a.example", int? bufferSize = null)
    {
        var wire = await Loopback.ConnectAsync(bufferSize);
        var serving = TlsPeer.Serve(server, wire.Server);
        var asking = TlsPeer.Connect(client, wire.Client, name);
        await Task.WhenAll(serving.EstablishAsync(), asking.EstablishAsync());
        return (wire, serving, asking);
    }

    public static TlsServer Server(TlsCertificate certificate, TlsServerOptions? options = null) => new(_ => certificate, options ?? TlsServerOptions.Default);

    /// <summary>SslStream as the client of a session of ours; neither has begun its handshake.</summary>
    public static async Task<(Loopback Wire, TlsPeer Server, SslStream Client)> FromStreamAsync(TlsServer server)
    {
        var wire = await Loopback.ConnectAsync();
        return (wire, TlsPeer.Serve(server, wire.Server), new SslStream(new NetworkStream(wire.Client)));
    }

    /// <summary>SslStream as the server of a session of ours.</summary>
    public static async Task<(Loopback Wire, SslStream Server, TlsPeer Client)> ToStreamAsync(TlsClient client, string name)
    {
        var wire = await Loopback.ConnectAsync();
        return (wire, new SslStream(new NetworkStream(wire.Server)), TlsPeer.Connect(client, wire.Client, name));
    }

    public static SslClientAuthenticationOptions Asking(string name, SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] offered) => new()
    {
        TargetHost = name,
        EnabledSslProtocols = protocols,
        ApplicationProtocols = offered.Length == 0 ? null : [.. offered],
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
        AllowTlsResume = false,
    };
}
