using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Alone, since it counts what the whole process holds.</summary>
[CollectionDefinition("Live OpenSSL objects", DisableParallelization = true)]
public sealed class LiveObjects;

/// <summary>Nothing of OpenSSL is left behind by connections that end well or badly.</summary>
[Collection("Live OpenSSL objects")]
public sealed class LeakTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Ten_thousand_sessions_of_which_half_fail_leave_nothing()
    {
        using var certificate = _authority.Issue("a.example").ForTransport();
        using var server = TlsRig.Server(certificate);
        using var client = new TlsClient(new() { Verify = true, CaPem = _authority.Pem });
        await ManyAsync(server, client, 1_000);
        Collect();
        var (sessions, handles, memory) = (TlsSession.LiveCount, OpenSslHandle.LiveCount, NativeKilobytes());

        await ManyAsync(server, client, 5_000);

        Assert.Equal(sessions, TlsSession.LiveCount);
        Assert.Equal(handles, OpenSslHandle.LiveCount);

        // 10,000 sessions of 14 KB that stayed would be 140 MB.
        var growth = NativeKilobytes() - memory;
        Assert.True(growth < 5_000, $"native memory grew by {growth:0} KB");
    }

    [Fact]
    public async Task An_idle_session_holds_no_buffers()
    {
        using var certificate = _authority.Issue("a.example").ForTransport();
        using var server = TlsRig.Server(certificate);
        using var client = new TlsClient(TlsRig.NoVerification);
        var open = new List<IDisposable>();
        await OpenAsync(50);
        var before = NativeKilobytes();

        await OpenAsync(750);

        // 12 to 18 KB were measured, with what the test's sockets hold; its two buffers would be 33 KB more.
        var each = (NativeKilobytes() - before) / 1500;
        Assert.True(each < 30, $"an idle session takes {each:0.0} KB");
        open.ForEach(one => one.Dispose());

        async Task OpenAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (wire, serving, asking) = await TlsRig.PairAsync(server, client);
                open.AddRange([serving, asking, wire]);
                await serving.WriteTextAsync("question");
                Assert.Equal("question", await asking.ReadTextAsync(8));
                await asking.WriteTextAsync("answer");
                Assert.Equal("answer", await serving.ReadTextAsync(6));
            }
        }
    }

    [Fact]
    public void Certificates_and_policies_that_are_dropped_are_freed_by_the_collector()
    {
        var issued = _authority.Issue("a.example");
        issued.ForTransport().Dispose();
        Collect();
        var before = OpenSslHandle.LiveCount;

        MakeAndDrop(issued, _authority.Pem);
        Assert.True(OpenSslHandle.LiveCount > before);
        Collect();

        Assert.Equal(before, OpenSslHandle.LiveCount);
    }

    [Fact]
    public void What_cannot_be_loaded_leaves_nothing()
    {
        var issued = _authority.Issue("a.example");
        var other = _authority.Issue("a.example");
        issued.ForTransport().Dispose();
        Collect();
        var before = OpenSslHandle.LiveCount;
        for (var i = 0; i < 100; i++)
        {
            Assert.ThrowsAny<Exception>(() => TlsCertificate.FromPem(issued.CertificatePem, other.KeyPem));
            Assert.ThrowsAny<Exception>(() => TlsCertificate.FromPem(issued.CertificatePem + "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", issued.KeyPem));
            Assert.ThrowsAny<Exception>(() => TlsCertificate.FromPem(issued.CertificatePem, "no key"));
            Assert.ThrowsAny<Exception>(() => Authorities.FromPem(issued.CertificatePem + "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
            Assert.ThrowsAny<Exception>(() => new TlsClient(new() { Verify = true, CaPem = "none" }));
        }

        Assert.Equal(before, OpenSslHandle.LiveCount);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void MakeAndDrop(IssuedCertificate issued, string authorities)
    {
        for (var i = 0; i < 10; i++)
        {
            var certificate = issued.ForTransport();
            GC.KeepAlive(new TlsServer(_ => certificate, TlsServerOptions.Default));
            GC.KeepAlive(new TlsClient(new() { Verify = true, CaPem = authorities, Certificate = certificate }));
            GC.KeepAlive(new ClientTrust(Authorities.FromPem(authorities), true));
        }
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>So many connections with a session at each end; every other one fails, each in another way.</summary>
    private static async Task ManyAsync(TlsServer server, TlsClient client, int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            using var wire = await Loopback.ConnectAsync();
            using var serving = TlsPeer.Serve(server, wire.Server);
            using var asking = TlsPeer.Connect(client, wire.Client, i % 10 == 1 ? "other.example" : "a.example");
            switch (i % 10)
            {
                case 3:
                    Assert.Equal(IoResult.WantRead, asking.Session.Handshake());
                    wire.Client.Close();
                    break;
                case 5:
                    await wire.Client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
                    break;
                case 7:
                    Assert.Equal(IoResult.WantRead, asking.Session.Handshake());
                    serving.Session.Handshake();
                    asking.Dispose();
                    Loopback.Reset(wire.Client);
                    break;
                case 9:
                    serving.Dispose();
                    wire.Server.Close();
                    Assert.NotEqual(1, await asking.HandshakeAsync());
                    continue;
                default:
                    var asked = asking.HandshakeAsync();
                    var served = await serving.HandshakeAsync();
                    if (i % 10 == 1)
                    {
                        Assert.Equal(IoResult.Failed, await asked);
                        continue;
                    }

                    Assert.True(served == 1 && await asked == 1);
                    await serving.WriteTextAsync("x");
                    await asking.ReadTextAsync(1);
                    asking.Session.Shutdown();
                    continue;
            }

            Assert.NotEqual(1, await serving.HandshakeAsync());
        }
    }

    /// <summary>What was allocated and not freed by anything in this process that is not the collector's (mallinfo2(3)); resident memory lags behind.</summary>
    private static double NativeKilobytes()
    {
        var now = NativeCalls.mallinfo2();
        return (now.InUse + now.MappedInUse) / 1024.0;
    }
}
