using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>The name of the ClientHello chooses the certificate, from whatever is served at that moment.</summary>
public sealed class CertificateChoiceTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Each_name_gets_what_is_chosen_for_it_and_no_name_too()
    {
        var asked = new List<string?>();
        var (one, two, fallback) = (_authority.Issue("one.example"), _authority.Issue("two.example"), _authority.Issue("default.example"));
        var certificates = new Dictionary<string, TlsCertificate> { ["one.example"] = one.ForTransport(), ["TWO.example"] = two.ForTransport() };
        using var other = fallback.ForTransport();
        using var server = new TlsServer(
            name =>
            {
                asked.Add(name);
                return name is not null && certificates.TryGetValue(name, out var found) ? found : other;
            },
            TlsServerOptions.Default);

        Assert.Equal(one.Serial, await SerialAsync(server, "one.example"));
        Assert.Equal(two.Serial, await SerialAsync(server, "TWO.example"));
        Assert.Equal(fallback.Serial, await SerialAsync(server, "three.example"));
        Assert.Equal(fallback.Serial, await SerialAsync(server, ""));
        Assert.Equal(["one.example", "TWO.example", "three.example", null], asked);
    }

    [Fact]
    public async Task What_is_swapped_serves_the_next_handshake_and_no_open_connection()
    {
        var (old, renewed) = (_authority.Issue("a.example"), _authority.Issue("a.example"));
        var current = old.ForTransport();
        using var server = new TlsServer(_ => Volatile.Read(ref current), TlsServerOptions.Default);
        using var client = new TlsClient(TlsRig.NoVerification);
        var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
        using var _ = wire;

        var before = current;
        Volatile.Write(ref current, renewed.ForTransport());
        before.Dispose();

        Assert.Equal(renewed.Serial, await SerialAsync(server, "a.example"));
        await serving.WriteTextAsync("still here");
        Assert.Equal("still here", await asking.ReadTextAsync(10));
        Assert.Equal(old.Serial, asking.Session.PeerCertificate?.SerialNumber);
        serving.Dispose();
        asking.Dispose();
    }

    [Fact]
    public async Task Threads_share_a_server_while_its_certificates_are_swapped()
    {
        var all = Enumerable.Range(0, 4).Select(_ => _authority.Issue("a.example")).ToArray();
        var current = all[0].ForTransport();
        using var server = new TlsServer(_ => Volatile.Read(ref current), TlsServerOptions.Default);
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        var serials = all.Select(issued => issued.Serial).ToHashSet();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            for (var i = 0; i < 25; i++)
            {
                Volatile.Write(ref current, all[(worker + i) % all.Length].ForTransport());
                var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
                using (wire)
                using (serving)
                using (asking)
                {
                    await serving.WriteTextAsync("x");
                    Assert.Equal("x", await asking.ReadTextAsync(1));
                    Assert.Contains(asking.Session.PeerCertificate!.SerialNumber, serials);
                }
            }
        }));
    }

    [Fact]
    public async Task A_client_that_has_to_say_hello_twice_is_served()
    {
        var issued = _authority.Issue("a.example");
        using var certificate = issued.ForTransport();
        var trust = new ClientTrust(Authorities.FromPem(_authority.Pem), required: true);
        var asked = 0;
        using var server = new TlsServer(
            _ =>
            {
                asked++;
                return new(certificate, trust);
            },
            TlsServerOptions.Default);
        using var client = new TlsClient(new() { Certificate = certificate });
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(client, wire.Client, "a.example");

        // A key share of a group that the server does not take: it asks for another (RFC 8446 §4.1.4).
        var groups = System.Runtime.InteropServices.Marshal.StringToHGlobalAnsi("secp521r1:X25519");
        Assert.Equal(1, NativeCalls.SSL_ctrl(asking.Session.Native, LibSsl.SSL_CTRL_SET_GROUPS_LIST, 0, groups));
        System.Runtime.InteropServices.Marshal.FreeHGlobal(groups);
        await Task.WhenAll(serving.EstablishAsync(), asking.EstablishAsync());

        Assert.Equal(2, asked);
        Assert.Equal("a.example", serving.Session.ServerName);
        Assert.Equal(issued.Serial, serving.Session.PeerCertificate?.SerialNumber);
    }

    [Fact]
    public async Task A_choice_that_throws_costs_its_own_connection_alone()
    {
        using var certificate = _authority.Issue("a.example").ForTransport();
        using var server = new TlsServer(name => name == "bad.example" ? throw new InvalidOperationException("the table is on fire") : certificate, TlsServerOptions.Default);
        using var client = new TlsClient(TlsRig.NoVerification);
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(client, wire.Client, "bad.example");
        var asked = asking.HandshakeAsync();

        Assert.Equal(IoResult.Failed, await serving.HandshakeAsync());

        Assert.Equal(TlsFault.Internal, serving.Session.Fault);
        Assert.Contains("the table is on fire", serving.Session.FailureText, StringComparison.Ordinal);
        Assert.Equal(IoResult.Failed, await asked);
        Assert.Equal("the peer refused: internal error (alert 80)", asking.Session.FailureText);
        Assert.NotEmpty(await SerialAsync(server, "good.example"));
    }

    [Fact]
    public async Task The_chain_is_sent_with_the_certificate()
    {
        var issued = _authority.Issue("a.example");
        using var certificate = TlsCertificate.FromPem(issued.CertificatePem + "\n" + _authority.Pem, issued.KeyPem);
        using var server = TlsRig.Server(certificate);
        var (wire, serving, client) = await TlsRig.FromStreamAsync(server);
        using var _ = wire;
        using var __ = serving;
        var sent = new List<string>();
        var asking = TlsRig.Asking("a.example");
        asking.RemoteCertificateValidationCallback = (_, _, chain, _) =>
        {
            sent.AddRange(chain!.ChainPolicy.ExtraStore.Select(c => c.Subject));
            return true;
        };

        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(asking));

        Assert.Contains("CN=Test authority", sent);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("0008 00 0005 612E636F6D", "a.com")]
    [InlineData("0009 00 0005 612E636F6D", null)] // the list is said to be longer
    [InlineData("0008 01 0005 612E636F6D", null)] // no host_name
    [InlineData("0008 00 0006 612E636F6D", null)] // the name is said to be longer
    [InlineData("0008 00 0004 612E636F6D", null)] // something follows
    [InlineData("0003 00 0000", null)]
    [InlineData("0008 00 0005 612E63006D", null)] // NUL
    [InlineData("0008 00 0005 612EE4F66D", null)] // not ASCII
    [InlineData("00", null)]
    public void A_malformed_name_is_none(string hex, string? expected) =>
        Assert.Equal(expected, TlsServer.HostName(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    private static async Task<string> SerialAsync(TlsServer server, string name)
    {
        var (wire, serving, client) = await TlsRig.FromStreamAsync(server);
        using var _ = wire;
        using var __ = serving;
        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking(name)));
        return client.RemoteCertificate!.GetSerialNumberString();
    }
}
