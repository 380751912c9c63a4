using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Connections to the same backend name take up each other's sessions, and only where nothing is lost by it.</summary>
public sealed class ClientSessionsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public static TheoryData<int> Versions => [LibSsl.TLS1_2_VERSION, LibSsl.TLS1_3_VERSION];

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_second_connection_to_a_name_is_resumed(int version)
    {
        using var server = TlsRig.Server(_authority.Issue("*.pod.internal").ForTransport());
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });

        Assert.False(await MeetAsync(server, client, "a.pod.internal", version));
        Assert.True(await MeetAsync(server, client, "a.pod.internal", version));
        Assert.True(await MeetAsync(server, client, "A.pod.internal", version));
        Assert.False(await MeetAsync(server, client, "b.pod.internal", version));
    }

    [Fact]
    public async Task Another_policy_has_sessions_of_its_own()
    {
        using var server = TlsRig.Server(_authority.Issue("pod.internal").ForTransport());
        using var careless = new TlsClient(TlsRig.NoVerification);
        Assert.False(await MeetAsync(server, careless, "pod.internal"));
        using var strict = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        using var stranger = new TestAuthority("Stranger");
        using var refusing = new TlsClient(new() { Verify = true, CaPem = stranger.Pem });

        Assert.False(await MeetAsync(server, strict, "pod.internal"));
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(refusing, wire.Client, "pod.internal");
        var serves = serving.HandshakeAsync();
        Assert.Equal(IoResult.Failed, await asking.HandshakeAsync());
        await serves;
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_session_gets_a_full_handshake()
    {
        var issued = _authority.Issue("pod.internal");
        using var one = TlsRig.Server(issued.ForTransport());
        using var two = TlsRig.Server(issued.ForTransport());
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });

        Assert.False(await MeetAsync(one, client, "pod.internal"));
        Assert.False(await MeetAsync(two, client, "pod.internal"));
        Assert.True(await MeetAsync(two, client, "pod.internal"));
    }

    [Fact]
    public async Task A_handshake_that_fails_is_not_begun_so_again()
    {
        using var server = TlsRig.Server(_authority.Issue("pod.internal").ForTransport());
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        Assert.False(await MeetAsync(server, client, "pod.internal"));
        using (var wire = await Loopback.ConnectAsync())
        using (var asking = TlsPeer.Connect(client, wire.Client, "pod.internal"))
        {
            wire.Server.Close();
            Assert.NotEqual(1, await asking.HandshakeAsync());
        }

        Assert.False(await MeetAsync(server, client, "pod.internal"));
    }

    [Fact]
    public async Task The_number_of_names_is_bounded()
    {
        using var server = TlsRig.Server(_authority.Issue("pod.internal").ForTransport());
        using var client = new TlsClient(TlsRig.NoVerification);
        var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        await serving.WriteTextAsync("x");
        await asking.ReadTextAsync(1);
        var sessions = new ClientSessions();

        for (var i = 0; i < 3 * ClientSessions.MaxNames; i++)
        {
            sessions.Keep($"{i}.example", asking.Session.Native);
            Assert.InRange(sessions.Count, 1, ClientSessions.MaxNames);
        }
    }

    /// <summary>One message from the server; whether the session was resumed.</summary>
    private static async Task<bool> MeetAsync(TlsServer server, TlsClient client, string name, int version = LibSsl.TLS1_3_VERSION)
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(client, wire.Client, name);
        Assert.Equal(1, NativeCalls.SSL_ctrl(asking.Session.Native, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, version, 0));
        await Task.WhenAll(serving.EstablishAsync(), asking.EstablishAsync());
        await serving.WriteTextAsync("hello");
        Assert.Equal("hello", await asking.ReadTextAsync(5));
        Assert.Equal(serving.Session.IsResumed, asking.Session.IsResumed);
        return asking.Session.IsResumed;
    }
}
