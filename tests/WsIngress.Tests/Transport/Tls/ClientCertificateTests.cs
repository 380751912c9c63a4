using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using WsIngress.Proxy.Listening;
using WsIngress.Tests.Proxy;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Kestrel;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Certificates of clients: asked for or demanded, and what is known of them afterwards.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _stranger = new("A stranger");

    public static TheoryData<int> Versions => [LibSsl.TLS1_2_VERSION, LibSsl.TLS1_3_VERSION];

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task None_is_asked_for_by_default(int version)
    {
        var session = await MeetAsync(version, null, _authority.Issue("alice"));

        Assert.Null(session.PeerCertificate);
        Assert.Null(session.PeerRefusal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task One_that_verifies_is_exposed(int version)
    {
        foreach (var required in new[] { true, false })
        {
            var alice = _authority.Issue("alice");
            var session = await MeetAsync(version, required, alice);

            Assert.Equal(TlsFault.None, session.Fault);
            Assert.Equal(alice.Serial, session.PeerCertificate?.SerialNumber);
            Assert.Equal("CN=alice", session.PeerCertificate?.Subject);
            Assert.Null(session.PeerRefusal);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task One_that_is_only_asked_for_may_be_missing_or_bad(int version)
    {
        var none = await MeetAsync(version, false, null);
        Assert.Equal(TlsFault.None, none.Fault);
        Assert.Null(none.PeerCertificate);
        Assert.Null(none.PeerRefusal);

        var mallory = _stranger.Issue("mallory");
        var bad = await MeetAsync(version, false, mallory);
        Assert.Equal(TlsFault.None, bad.Fault);
        Assert.Equal(mallory.Serial, bad.PeerCertificate?.SerialNumber);
        Assert.Equal("unable to verify the first certificate", bad.PeerRefusal);

        var late = await MeetAsync(version, false, _authority.Issue(new IssueRequest { Names = ["alice"], DaysFrom = -10, DaysTo = -1 }));
        Assert.Equal("certificate has expired", late.PeerRefusal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task One_that_is_required_must_be_there_and_verify(int version)
    {
        var none = await MeetAsync(version, true, null);
        Assert.Equal(TlsFault.NoClientCertificate, none.Fault);
        Assert.Equal("no client certificate, and one is required", none.FailureText);

        var stranger = await MeetAsync(version, true, _stranger.Issue("mallory"));
        Assert.Equal(TlsFault.CertificateRefused, stranger.Fault);
        Assert.Equal("the peer's certificate does not verify: unable to get local issuer certificate", stranger.FailureText);

        var late = await MeetAsync(version, true, _authority.Issue(new IssueRequest { Names = ["alice"], DaysFrom = -10, DaysTo = -1 }));
        Assert.Equal("the peer's certificate does not verify: certificate has expired", late.FailureText);

        var server = await MeetAsync(version, true, _authority.Issue(new IssueRequest { Names = ["a"], ExtendedUsage = IssueRequest.ServerUsage }));
        Assert.Equal(TlsFault.CertificateRefused, server.Fault);
        Assert.Contains("purpose", server.FailureText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_client_is_told_which_authorities_count()
    {
        using var certificate = _authority.Issue("alice").ForStream();
        var trust = new ClientTrust(Authorities.FromPem(_authority.Pem + "\n" + _stranger.Pem), required: true);
        using var own = _authority.Issue("a.example").ForTransport();
        using var server = new TlsServer(_ => new(own, trust), TlsServerOptions.Default);
        var (wire, serving, client) = await TlsRig.FromStreamAsync(server);
        using var _ = wire;
        using var __ = serving;
        var asking = TlsRig.Asking("a.example", SslProtocols.Tls12);
        string[] told = [];
        asking.LocalCertificateSelectionCallback = (_, _, _, _, issuers) =>
        {
            // Asked once before the server has said anything, and once more when it has.
            told = issuers;
            return issuers.Length > 0 ? certificate : null!;
        };

        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(asking));

        Assert.Contains("CN=Test authority", told);
        Assert.Contains("CN=A stranger", told);
        Assert.Equal(certificate.SerialNumber, serving.Session.PeerCertificate?.SerialNumber);
    }

    [Fact]
    public async Task Each_name_may_have_its_own_demands()
    {
        using var own = _authority.Issue("a.example").ForTransport();
        var trust = new ClientTrust(Authorities.FromPem(_authority.Pem), required: true);
        using var server = new TlsServer(name => new(own, name == "closed.example" ? trust : null), TlsServerOptions.Default);
        using var client = new TlsClient(TlsRig.NoVerification);

        Assert.Equal(TlsFault.None, (await MeetAsync(server, client, "open.example", LibSsl.TLS1_3_VERSION)).Fault);
        Assert.Equal(TlsFault.NoClientCertificate, (await MeetAsync(server, client, "closed.example", LibSsl.TLS1_3_VERSION)).Fault);
    }

    [Theory]
    [InlineData("nobody", null)]
    [InlineData("alice", null)]
    [InlineData("mallory", "unable to verify the first certificate")]
    public async Task Both_ways_of_a_WebSocket_handshake_tell_the_policies_who_the_client_is(string who, string? refusal)
    {
        using var own = _authority.Issue("a.example").ForTransport();
        using var server = new TlsServer(_ => new(own, new ClientTrust(Authorities.FromPem(_authority.Pem), required: false)), TlsServerOptions.Default);
        using var shown = who == "nobody" ? null : (who == "alice" ? _authority : _stranger).Issue(who).ForTransport();
        using var client = new TlsClient(new() { Certificate = shown });
        var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        var http = new DefaultHttpContext();
        new TlsFeatures(serving.Session).AddTo(http.Features);
        var head = Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawHandshake.Key}\r\n\r\n");
        Assert.Equal(HeadKind.Upgrade, new RequestHeadReader(new HeadLimits(8192, 32_768, 100)).Read(head, out var read, out var consumed));
        Assert.Equal(head.Length, consumed);

        foreach (var request in new[] { WebSocketRequest.Read(http, WebSocketKind.Upgrade), TransportHandshake.Read(read!, IPAddress.Loopback, isTls: true, serving.Session) })
        {
            Assert.Equal(who == "nobody" ? null : $"CN={who}", request.ClientCertificate?.Certificate.Subject);
            Assert.Equal(refusal, request.ClientCertificate?.Refusal);
        }
    }

    /// <summary>What the server has of one handshake; with null it asks for nothing.</summary>
    private async Task<Met> MeetAsync(int version, bool? required, IssuedCertificate? shown)
    {
        using var own = _authority.Issue("a.example").ForTransport();
        var trust = required is { } demand ? new ClientTrust(Authorities.FromPem(_authority.Pem), demand) : null;
        using var server = new TlsServer(_ => new(own, trust), TlsServerOptions.Default);
        using var certificate = shown?.ForTransport();
        using var client = new TlsClient(new() { Certificate = certificate });
        return await MeetAsync(server, client, "a.example", version);
    }

    private static async Task<Met> MeetAsync(TlsServer server, TlsClient client, string name, int version)
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(client, wire.Client, name);
        Assert.Equal(1, NativeCalls.SSL_ctrl(asking.Session.Native, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, version, 0));
        var asked = asking.HandshakeAsync();
        var result = await serving.HandshakeAsync();
        Assert.Equal(result == 1, serving.Session.Fault == TlsFault.None);
        if (result != 1)
        {
            wire.Server.Close();
        }

        await asked;
        return new(serving.Session.Fault, serving.Session.FailureText, serving.Session.PeerCertificate, serving.Session.PeerRefusal);
    }

    private sealed record Met(TlsFault Fault, string? FailureText, X509Certificate2? PeerCertificate, string? PeerRefusal);
}
