using Microsoft.Extensions.Time.Testing;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Which sessions are taken up again, under which keys, and for whom they never are.</summary>
public sealed class ResumptionTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TlsClient _client = new(TlsRig.NoVerification);
    private readonly TicketKeys _tickets;
    private readonly List<nint> _sessions = [];
    private TlsChoice _choice;

    public ResumptionTests()
    {
        _tickets = new TicketKeys(_time);
        _choice = _authority.Issue("a.example").ForTransport();
    }

    public static TheoryData<int> Versions => [LibSsl.TLS1_2_VERSION, LibSsl.TLS1_3_VERSION];

    public void Dispose()
    {
        _sessions.ForEach(NativeCalls.SSL_SESSION_free);
        _client.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_session_is_resumed_and_its_successor_too(int version)
    {
        using var server = Server();
        var first = await VisitAsync(server, version, null);
        var second = await VisitAsync(server, version, first.Session);
        var third = await VisitAsync(server, version, second.Session);

        Assert.Equal(TlsFault.None, first.Fault);
        Assert.False(first.Resumed);
        Assert.True(second.Resumed);
        Assert.True(third.Resumed);
        Assert.Equal("a.example", third.ServerName);

        // The client keeps the name only when the server has said that it used it.
        Assert.Equal("a.example", System.Runtime.InteropServices.Marshal.PtrToStringUTF8(NativeCalls.SSL_SESSION_get0_hostname(first.Session)));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Listeners_that_share_their_keys_resume_each_others_sessions_and_others_do_not(int version)
    {
        using var one = Server();
        using var two = Server();
        using var stranger = new TlsServer(_ => _choice, TlsServerOptions.Default);
        var first = await VisitAsync(one, version, null);

        Assert.True((await VisitAsync(two, version, first.Session)).Resumed);
        Assert.False((await VisitAsync(stranger, version, first.Session)).Resumed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_ticket_opens_through_two_rotations_and_no_third(int version)
    {
        using var server = Server(TimeSpan.FromDays(7));
        var first = await VisitAsync(server, version, null);

        _time.Advance(TimeSpan.FromHours(8));
        var second = await VisitAsync(server, version, first.Session);
        _time.Advance(TimeSpan.FromHours(8));
        var third = await VisitAsync(server, version, first.Session);
        _time.Advance(TimeSpan.FromHours(8));
        var fourth = await VisitAsync(server, version, first.Session);

        Assert.True(second.Resumed);
        Assert.True(third.Resumed);
        Assert.False(fourth.Resumed);

        // The second visit was given a ticket under the key of its own time.
        Assert.True((await VisitAsync(server, version, second.Session)).Resumed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task No_key_outlives_its_time_for_want_of_clients(int version)
    {
        using var server = Server(TimeSpan.FromDays(7));
        var first = await VisitAsync(server, version, null);

        _time.Advance(TimeSpan.FromDays(2));

        Assert.False((await VisitAsync(server, version, first.Session)).Resumed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_session_of_one_name_is_never_resumed_for_another(int version)
    {
        using var server = Server();
        var first = await VisitAsync(server, version, null, "a.example");

        Assert.False((await VisitAsync(server, version, first.Session, "b.example")).Resumed);
        Assert.False((await VisitAsync(server, version, first.Session, "")).Resumed);
        Assert.True((await VisitAsync(server, version, first.Session, "A.Example")).Resumed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_swap_of_others_keeps_sessions_and_a_new_certificate_ends_them(int version)
    {
        using var server = Server();
        var issued = _authority.Issue("a.example");
        _choice = issued.ForTransport();
        var first = await VisitAsync(server, version, null);

        _choice = issued.ForTransport();
        Assert.True((await VisitAsync(server, version, first.Session)).Resumed);
        _choice = _authority.Issue("a.example").ForTransport();
        Assert.False((await VisitAsync(server, version, first.Session)).Resumed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_session_without_client_certificate_does_not_get_past_a_demand_for_one(int version)
    {
        using var server = Server();
        var certificate = _choice.Certificate;
        var first = await VisitAsync(server, version, null);

        _choice = new(certificate, new ClientTrust(Authorities.FromPem(_authority.Pem), required: true));
        var second = await VisitAsync(server, version, first.Session);

        Assert.Equal(TlsFault.NoClientCertificate, second.Fault);
        Assert.False(second.Resumed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_resumed_session_still_has_its_client_certificate(int version)
    {
        var issued = _authority.Issue(new IssueRequest { Names = ["alice"], ExtendedUsage = IssueRequest.ClientUsage });
        using var alice = new TlsClient(new() { Certificate = issued.ForTransport() });
        _choice = new(_choice.Certificate, new ClientTrust(Authorities.FromPem(_authority.Pem), required: true));
        using var server = Server();
        var first = await VisitAsync(server, version, null, client: alice);
        var second = await VisitAsync(server, version, first.Session, client: alice);

        Assert.True(second.Resumed);
        Assert.Equal(issued.Serial, second.ClientSerial);
        Assert.Null(second.Refusal);

        // Another authority is another demand.
        using var others = new TestAuthority("Others");
        _choice = new(_choice.Certificate, new ClientTrust(Authorities.FromPem(others.Pem), required: true));
        Assert.Equal(TlsFault.CertificateRefused, (await VisitAsync(server, version, second.Session, client: alice)).Fault);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public async Task The_number_of_tickets_is_an_option(int count, bool resumed)
    {
        using var server = new TlsServer(_ => _choice, new TlsServerOptions { Tickets = _tickets, TicketCount = count });
        var first = await VisitAsync(server, LibSsl.TLS1_3_VERSION, null);

        Assert.Equal(TlsFault.None, first.Fault);
        Assert.Equal(resumed, NativeCalls.SSL_SESSION_is_resumable(first.Session) == 1);
    }

    [Fact]
    public async Task A_session_past_its_lifetime_is_not_resumed()
    {
        using var server = Server(TimeSpan.FromSeconds(1));
        var first = await VisitAsync(server, LibSsl.TLS1_2_VERSION, null);
        Assert.True((await VisitAsync(server, LibSsl.TLS1_2_VERSION, first.Session)).Resumed);

        // OpenSSL reads the clock of the machine, in whole seconds.
        await Task.Delay(TimeSpan.FromSeconds(2.1), TimeProvider.System);

        Assert.False((await VisitAsync(server, LibSsl.TLS1_2_VERSION, first.Session)).Resumed);
    }

    private TlsServer Server(TimeSpan? lifetime = null) =>
        new(_ => _choice, new TlsServerOptions { Tickets = _tickets, SessionLifetime = lifetime ?? TimeSpan.FromHours(2) });

    /// <summary>One connection with one message each way, so that tickets arrive; what it came to at the server, and the session for the next visit.</summary>
    private async Task<Visit> VisitAsync(TlsServer server, int version, nint? resume, string name = "a.example", TlsClient? client = null)
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(server, wire.Server);
        using var asking = TlsPeer.Connect(client ?? _client, wire.Client, name);
        Assert.Equal(1, NativeCalls.SSL_ctrl(asking.Session.Native, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, version, 0));
        if (resume is { } session)
        {
            Assert.Equal(1, NativeCalls.SSL_set_session(asking.Session.Native, session));
        }

        var asked = asking.HandshakeAsync();
        if (await serving.HandshakeAsync() != 1)
        {
            wire.Server.Close();
            await asked;
            return new(0, serving.Session.IsResumed, serving.Session.Fault, null, null, null);
        }

        Assert.Equal(1, await asked);
        await serving.WriteTextAsync("tickets first");
        Assert.Equal("tickets first", await asking.ReadTextAsync(13));
        nint taken = NativeCalls.SSL_get1_session(asking.Session.Native);
        _sessions.Add(taken);
        Assert.Equal(serving.Session.IsResumed, asking.Session.IsResumed);
        asking.Session.Shutdown();
        Assert.Equal(IoResult.End, await serving.ReadAsync(new byte[1]));
        return new(taken, serving.Session.IsResumed, serving.Session.Fault, serving.Session.ServerName, serving.Session.PeerCertificate?.SerialNumber, serving.Session.PeerRefusal);
    }

    private sealed record Visit(nint Session, bool Resumed, TlsFault Fault, string? ServerName, string? ClientSerial, string? Refusal);
}
