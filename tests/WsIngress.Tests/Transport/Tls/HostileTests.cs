using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Peers that are broken, lost or hostile: each costs its own connection, comes back in words, and nothing throws.</summary>
public sealed class HostileTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TlsServer _server;
    private readonly TlsClient _client = new(TlsRig.NoVerification);

    public HostileTests()
    {
        _server = TlsRig.Server(_authority.Issue("a.example").ForTransport());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _server.Dispose();
        _client.Dispose();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", nameof(TlsFault.PlainHttp), "plain HTTP on a TLS port")]
    [InlineData("POST /x HTTP/1.1\r\n\r\n", nameof(TlsFault.PlainHttp), "plain HTTP on a TLS port")]
    [InlineData("CONNECT a.example:443 HTTP/1.1\r\n\r\n", nameof(TlsFault.PlainHttp), "plain HTTP on a TLS port")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", nameof(TlsFault.NotTls), "not TLS: the bytes are no TLS record")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", nameof(TlsFault.NotTls), "not TLS: the bytes are no TLS record")]
    public async Task What_is_no_TLS_is_told_from_what_is_broken(string sent, string fault, string text)
    {
        var session = await RefuseAsync(Encoding.ASCII.GetBytes(sent), IoResult.Failed);

        Assert.Equal(fault, session.Fault.ToString());
        Assert.Equal(text, session.FailureText);
    }

    [Fact]
    public async Task Zeros_and_noise_are_refused()
    {
        var noise = new byte[300];
        for (var seed = 0; seed < 200; seed++)
        {
            new Random(seed).NextBytes(noise);
            var session = await RefuseAsync(seed == 0 ? new byte[300] : noise, null);
            Assert.NotEqual(TlsFault.None, session.Fault);
            Assert.NotEmpty(session.FailureText!);
        }
    }

    [Fact]
    public async Task A_ClientHello_above_its_bound_is_refused_at_its_header()
    {
        // A handshake record whose message says 16 MiB.
        var session = await RefuseAsync([22, 3, 1, 0, 200, 1, 255, 255, 255, .. new byte[196]], IoResult.Failed);

        Assert.Equal(TlsFault.TooLarge, session.Fault);
        Assert.Equal("a handshake message above its bound", session.FailureText);
    }

    [Fact]
    public async Task A_record_longer_than_TLS_allows_is_refused_at_its_header()
    {
        var session = await RefuseAsync([22, 3, 1, 0xFF, 0xFF, 1, 0, 0, 10], IoResult.Failed);

        Assert.Equal(TlsFault.TooLarge, session.Fault);
    }

    [Fact]
    public async Task A_ClientHello_that_is_cut_anywhere_is_an_early_close()
    {
        var hello = await HelloAsync();
        for (var length = 0; length < hello.Length; length += length < 64 ? 1 : 37)
        {
            var session = await RefuseAsync(hello[..length], IoResult.End);
            Assert.Equal(TlsFault.ClosedEarly, session.Fault);
            Assert.Equal("the peer closed the connection inside the handshake", session.FailureText);
        }
    }

    [Fact]
    public async Task A_ClientHello_with_any_byte_altered_never_throws()
    {
        var hello = await HelloAsync();
        for (var at = 0; at < hello.Length; at++)
        {
            var altered = hello.ToArray();
            altered[at] ^= (byte)(1 + (at % 255));
            var session = await RefuseAsync(altered, null);
            Assert.NotEqual(TlsFault.None, session.Fault);
        }
    }

    [Fact]
    public async Task An_early_reset_is_told_from_an_early_close()
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(_server, wire.Server);
        await wire.Client.SendAsync((await HelloAsync()).AsMemory(0, 50));
        var serves = serving.HandshakeAsync();
        Loopback.Reset(wire.Client);

        Assert.Equal(IoResult.Failed, await serves);
        Assert.Equal(TlsFault.ConnectionLost, serving.Session.Fault);
        Assert.Equal("Connection reset by peer", serving.Session.FailureText);
    }

    [Theory]
    [InlineData(LibSsl.TLS1_2_VERSION, false)]
    [InlineData(LibSsl.TLS1_2_VERSION, true)]
    [InlineData(LibSsl.TLS1_3_VERSION, false)]
    [InlineData(LibSsl.TLS1_3_VERSION, true)]
    public async Task A_client_that_vanishes_in_the_middle_of_its_handshake_is_noted(int version, bool reads)
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(_server, wire.Server);
        using var asking = TlsPeer.Connect(_client, wire.Client, "a.example");
        Assert.Equal(1, NativeCalls.SSL_ctrl(asking.Session.Native, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, version, 0));
        Assert.Equal(IoResult.WantRead, asking.Session.Handshake());
        Assert.True(serving.Readable(TimeSpan.FromSeconds(5)));
        Assert.Equal(IoResult.WantRead, serving.Session.Handshake());

        // With the server's flight read, closing is FIN; with it unread, RST.
        Assert.True(asking.Readable(TimeSpan.FromSeconds(5)));
        if (reads)
        {
            await wire.Client.ReceiveAsync(new byte[8192]);
        }

        wire.Client.Close();

        Assert.Equal(reads ? IoResult.End : IoResult.Failed, await serving.HandshakeAsync());
        Assert.Equal(reads ? TlsFault.ClosedEarly : TlsFault.ConnectionLost, serving.Session.Fault);
        Assert.Equal(IoResult.Failed, serving.Session.Handshake());
    }

    [Fact]
    public async Task An_alert_of_the_peer_is_named()
    {
        using var strict = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(_server, wire.Server);
        using var asking = TlsPeer.Connect(strict, wire.Client, "other.example");

        Assert.Equal(IoResult.Failed, await Both(serving, asking));

        // In TLS 1.3 the server may have finished by then: the alert is what it reads first.
        Assert.Equal(IoResult.Failed, serving.Session.Fault == TlsFault.None ? await serving.ReadAsync(new byte[1]) : IoResult.Failed);
        Assert.Equal(TlsFault.PeerAlert, serving.Session.Fault);
        Assert.Equal("the peer refused: bad certificate (alert 42)", serving.Session.FailureText);
    }

    [Fact]
    public async Task A_record_that_was_altered_ends_the_connection()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        await asking.WriteTextAsync("secret");
        var record = new byte[200];
        record = record[..await wire.Server.ReceiveAsync(record)];
        record[^1] ^= 1;
        await wire.Client.SendAsync(record);

        Assert.Equal(IoResult.Failed, await serving.ReadAsync(new byte[10]));
        Assert.Equal(TlsFault.Malformed, serving.Session.Fault);
        Assert.StartsWith("a record that does not decrypt", serving.Session.FailureText, StringComparison.Ordinal);
        Assert.Equal(IoResult.Failed, serving.WriteNow(new byte[1]));
        serving.Session.Shutdown();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Old_versions_are_refused(byte minor)
    {
        // The ClientHello of SSL 3.0, TLS 1.0 and 1.1 by hand: this machine's OpenSSL makes none.
        byte[] body = [3, minor, .. new byte[32], 0, 0, 2, 0xC0, 0x13, 1, 0];
        var session = await RefuseAsync([22, 3, 1, 0, (byte)(4 + body.Length), 1, 0, 0, (byte)body.Length, .. body], IoResult.Failed);

        Assert.Equal(TlsFault.ProtocolVersion, session.Fault);
    }

    [Fact]
    public async Task A_client_without_a_common_cipher_is_refused()
    {
        // ECDHE_RSA alone, and the certificate is ECDSA.
        var (wire, serving, client) = await TlsRig.FromStreamAsync(_server);
        using var _ = wire;
        using var __ = serving;
        var asking = TlsRig.Asking("a.example", SslProtocols.Tls12);
#pragma warning disable CA1416 // OpenSSL is there: these tests are for Linux.
        asking.CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]);
#pragma warning restore CA1416
        var failing = Assert.ThrowsAnyAsync<AuthenticationException>(() => client.AuthenticateAsClientAsync(asking));

        Assert.Equal(IoResult.Failed, await serving.HandshakeAsync());

        Assert.Equal(TlsFault.NoCommonCipher, serving.Session.Fault);
        Assert.Equal("no common cipher suite", serving.Session.FailureText);
        await failing;
    }

    [Fact]
    public async Task A_renegotiation_is_refused_by_a_warning()
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(_server, wire.Server);
        using var asking = TlsPeer.Connect(_client, wire.Client, "a.example");
        Assert.Equal(1, NativeCalls.SSL_ctrl(asking.Session.Native, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, LibSsl.TLS1_2_VERSION, 0));
        await Task.WhenAll(serving.EstablishAsync(), asking.EstablishAsync());
        Assert.Equal(SslProtocols.Tls12, serving.Session.Protocol);

        // The server refuses by a warning, in the middle of which data go on.
        ulong before = NativeCalls.SSL_get_options(asking.Session.Native);
        Assert.NotEqual(0UL, before & LibSsl.SSL_OP_NO_RENEGOTIATION);
        _ = NativeCalls.SSL_clear_options(asking.Session.Native, LibSsl.SSL_OP_NO_RENEGOTIATION);
        Assert.Equal(1, NativeCalls.SSL_renegotiate(asking.Session.Native));
        Assert.Equal(-1, NativeCalls.SSL_do_handshake(asking.Session.Native));
        var reading = serving.ReadAsync(new byte[10]);
        Assert.Equal(IoResult.Failed, await asking.ReadAsync(new byte[10]));
        Assert.Equal("no renegotiation", asking.Session.FailureText);
        asking.Dispose();
        wire.Client.Close();

        Assert.Contains(await reading, new[] { IoResult.End, IoResult.Failed });
        Assert.NotEqual(TlsFault.Flood, serving.Session.Fault);
    }

    [Fact]
    public async Task A_renegotiation_by_openssl_s_client_is_refused()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openssl"), "needs openssl (apt-get install openssl)");
        using var listener = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Loopback, 0));
        listener.Listen(1);
        using var client = Process.Start(new ProcessStartInfo("openssl", $"s_client -tls1_2 -connect [::1]:{((System.Net.IPEndPoint)listener.LocalEndPoint!).Port} -servername a.example")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = client.StandardOutput.ReadToEndAsync();
        var errors = client.StandardError.ReadToEndAsync();
        using var socket = await listener.AcceptAsync();
        using var serving = TlsPeer.Serve(_server, socket);
        await serving.EstablishAsync();
        await client.StandardInput.WriteLineAsync("hello");
        Assert.Equal("hello\n", await serving.ReadTextAsync(6));

        await client.StandardInput.WriteLineAsync("R");
        var result = await serving.ReadAsync(new byte[10]);

        Assert.Contains(result, new[] { IoResult.End, IoResult.Failed });
        await client.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("RENEGOTIATING", await output + await errors, StringComparison.Ordinal);
        Assert.Contains("no renegotiation", await errors, StringComparison.Ordinal);
    }

    private static async Task<int> Both(TlsPeer serving, TlsPeer asking)
    {
        var serves = serving.HandshakeAsync();
        var result = await asking.HandshakeAsync();
        await serves;
        return result;
    }

    /// <summary>The first flight of a client of ours.</summary>
    private async Task<byte[]> HelloAsync()
    {
        using var wire = await Loopback.ConnectAsync();
        using var asking = TlsPeer.Connect(_client, wire.Client, "a.example");
        Assert.Equal(IoResult.WantRead, asking.Session.Handshake());
        var buffer = new byte[4096];
        return buffer[..await wire.Server.ReceiveAsync(buffer)];
    }

    /// <summary>Sends it, closes, and has the handshake end as expected; null takes either end.</summary>
    private async Task<TlsSession> RefuseAsync(byte[] sent, int? expected)
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(_server, wire.Server);
        await wire.Client.SendAsync(sent);
        wire.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        var result = await serving.HandshakeAsync();
        if (expected is { } wanted)
        {
            Assert.Equal(wanted, result);
        }

        Assert.True(result is IoResult.End or IoResult.Failed);
        return serving.Session;
    }
}
