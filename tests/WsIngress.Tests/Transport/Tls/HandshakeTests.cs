using System.Net.Security;
using System.Security.Authentication;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Handshakes in both roles against SslStream and against ourselves, and what is known of them afterwards.</summary>
public sealed class HandshakeTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12, 0)]
    [InlineData(SslProtocols.Tls12, 2048)]
    [InlineData(SslProtocols.Tls13, 0)]
    [InlineData(SslProtocols.Tls13, 2048)]
    public async Task A_foreign_client_is_served(SslProtocols protocol, int rsaBits)
    {
        var issued = _authority.Issue(new IssueRequest { Names = ["a.example"], RsaBits = rsaBits });
        using var server = TlsRig.Server(issued.ForTransport());
        var (wire, serving, client) = await TlsRig.FromStreamAsync(server);
        using var _ = wire;
        using var __ = serving;

        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking("a.example", protocol, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11)));

        Assert.Equal(protocol, serving.Session.Protocol);
        Assert.Equal(client.NegotiatedCipherSuite, serving.Session.CipherSuite);
        Assert.Equal(SslApplicationProtocol.Http2, serving.Session.ApplicationProtocol);
        Assert.Equal(SslApplicationProtocol.Http2, client.NegotiatedApplicationProtocol);
        Assert.Equal("a.example", serving.Session.ServerName);
        Assert.Null(serving.Session.PeerCertificate);
        Assert.Equal(issued.Serial, client.RemoteCertificate?.GetSerialNumberString());
        await EchoAsync(serving, client);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_foreign_server_is_spoken_to(SslProtocols protocol)
    {
        using var certificate = _authority.Issue("pod.internal").ForStream();
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        var (wire, server, asking) = await TlsRig.ToStreamAsync(client, "pod.internal");
        using var _ = wire;
        using var __ = asking;

        await Task.WhenAll(asking.EstablishAsync(), server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            EnabledSslProtocols = protocol,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        }));

        Assert.Equal(protocol, asking.Session.Protocol);
        Assert.Equal(SslApplicationProtocol.Http11, asking.Session.ApplicationProtocol);
        Assert.Equal("pod.internal", server.TargetHostName);
        Assert.Equal(certificate.SerialNumber, asking.Session.PeerCertificate?.SerialNumber);
        Assert.Null(asking.Session.PeerRefusal);
        await EchoAsync(asking, server);
    }

    [Fact]
    public async Task Both_ends_may_be_ours()
    {
        using var server = TlsRig.Server(_authority.Issue("a.example").ForTransport());
        using var client = new TlsClient(TlsRig.NoVerification);
        var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
        using var _ = wire;

        await serving.WriteTextAsync("from the server");
        await asking.WriteTextAsync("from the client");

        Assert.Equal("from the server", await asking.ReadTextAsync(15));
        Assert.Equal("from the client", await serving.ReadTextAsync(15));
        Assert.Equal(SslProtocols.Tls13, asking.Session.Protocol);
        Assert.False(serving.Session.KernelSends && !TlsContext.KernelTlsOffered);
        serving.Dispose();
        asking.Dispose();
    }

    [Fact]
    public async Task A_client_that_offers_no_application_protocol_is_served_and_one_that_offers_others_alone_is_not()
    {
        using var server = TlsRig.Server(_authority.Issue("a.example").ForTransport());
        var (wire, serving, client) = await TlsRig.FromStreamAsync(server);
        using (wire)
        using (serving)
        {
            await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking("a.example")));
            Assert.Equal(default, serving.Session.ApplicationProtocol);
        }

        var (wire2, refusing, other) = await TlsRig.FromStreamAsync(server);
        using var _ = wire2;
        using var __ = refusing;
        var failed = Assert.ThrowsAnyAsync<AuthenticationException>(() => other.AuthenticateAsClientAsync(TlsRig.Asking("a.example", default, new SslApplicationProtocol("mqtt"))));
        Assert.Equal(IoResult.Failed, await refusing.HandshakeAsync());
        Assert.Equal(TlsFault.NoCommonProtocol, refusing.Session.Fault);
        await failed;
    }

    [Fact]
    public async Task The_listener_decides_which_application_protocols_are_served_and_preferred()
    {
        using var server = TlsRig.Server(_authority.Issue("a.example").ForTransport(), new TlsServerOptions { Protocols = ["http/1.1"] });
        var (wire, serving, client) = await TlsRig.FromStreamAsync(server);
        using var _ = wire;
        using var __ = serving;

        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking("a.example", default, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11)));

        Assert.Equal(SslApplicationProtocol.Http11, client.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task Details_of_a_session_that_is_disposed_are_empty()
    {
        using var server = TlsRig.Server(_authority.Issue("a.example").ForTransport());
        using var client = new TlsClient(TlsRig.NoVerification);
        var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
        using var _ = wire;
        asking.Dispose();
        serving.Dispose();
        serving.Dispose();

        Assert.Equal(SslProtocols.None, serving.Session.Protocol);
        Assert.Null(serving.Session.CipherSuite);
        Assert.Equal(default, serving.Session.ApplicationProtocol);
        Assert.False(serving.Session.HasPending);
        Assert.False(serving.Session.IsResumed);
        Assert.Equal(IoResult.Failed, serving.ReadNow(new byte[1]));
        Assert.Equal(IoResult.Failed, serving.WriteNow(new byte[1]));
        Assert.Equal(IoResult.Failed, serving.Session.Handshake());
        serving.Session.Shutdown();
    }

    [Fact]
    public async Task Nothing_is_read_or_written_before_the_handshake_is_complete()
    {
        using var server = TlsRig.Server(_authority.Issue("a.example").ForTransport());
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);

        Assert.Equal(IoResult.WantRead, serving.Session.Handshake());
        Assert.Equal(IoResult.Failed, serving.ReadNow(new byte[1]));
        Assert.Equal(IoResult.Failed, serving.WriteNow(new byte[1]));
        serving.Session.Shutdown();
        Assert.Contains("handshake is not complete", serving.Session.FailureText, StringComparison.Ordinal);
        Assert.False(serving.Session.HasPending);
        Assert.Equal(0, wire.Client.Available);
    }

    private static async Task EchoAsync(TlsPeer ours, SslStream foreign)
    {
        await foreign.WriteAsync("question"u8.ToArray());
        Assert.Equal("question", await ours.ReadTextAsync(8));
        await ours.WriteTextAsync("answer");
        var buffer = new byte[6];
        await foreign.ReadExactlyAsync(buffer);
        Assert.Equal("answer"u8.ToArray(), buffer);
    }
}
