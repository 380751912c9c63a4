using System.Net.Sockets;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>How a connection ends: with close_notify, without, by halves, by reset.</summary>
public sealed class ClosingTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TlsServer _server;
    private readonly TlsClient _client = new(TlsRig.NoVerification);

    public ClosingTests()
    {
        _server = TlsRig.Server(_authority.Issue("a.example").ForTransport());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _server.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task Close_notify_ends_one_half_and_the_other_goes_on()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;

        await asking.WriteTextAsync("last words");
        asking.Session.Shutdown();
        asking.Session.Shutdown();

        Assert.Equal("last words", await serving.ReadTextAsync(10));
        Assert.Equal(IoResult.End, await serving.ReadAsync(new byte[10]));
        Assert.True(serving.Session.CloseNotifyReceived);
        Assert.Equal(IoResult.End, serving.ReadNow(new byte[10]));
        Assert.False(serving.Session.HasPending);
        Assert.Equal(1, await serving.WriteTextAsync("an answer after the end"));
        Assert.Equal("an answer after the end", await asking.ReadTextAsync(23));
        Assert.Equal(IoResult.Failed, asking.WriteNow(new byte[1]));
        serving.Session.Shutdown();
        Assert.Equal(IoResult.End, await asking.ReadAsync(new byte[10]));
        Assert.True(asking.Session.CloseNotifyReceived);
        Assert.Null(serving.Session.FailureText);
        Assert.Equal(TlsFault.None, serving.Session.Fault);
    }

    [Fact]
    public async Task A_write_to_a_peer_that_said_goodbye_and_was_reset_has_failed()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        asking.Session.Shutdown();
        Assert.Equal(IoResult.End, await serving.ReadAsync(new byte[10]));
        Loopback.Reset(wire.Client);

        // The first may still have been taken by the kernel. A count of zero would be tried again without end.
        int result = 1;
        for (int i = 0; i < 10 && result > 0; i++)
        {
            result = await serving.WriteAsync(new byte[100]);
        }

        Assert.Equal(IoResult.Failed, result);
        Assert.Equal(TlsFault.ConnectionLost, serving.Session.Fault);
        Assert.Equal(IoResult.Failed, serving.WriteNow(new byte[100]));
        Assert.True(serving.Session.CloseNotifyReceived);
    }

    [Fact]
    public async Task A_foreign_peer_takes_our_close_notify_for_the_end()
    {
        var (wire, serving, client) = await TlsRig.FromStreamAsync(_server);
        using var _ = wire;
        using var __ = serving;
        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking("a.example")));

        await serving.WriteTextAsync("bye");
        serving.Session.Shutdown();

        var buffer = new byte[10];
        Assert.Equal(3, await client.ReadAsync(buffer));
        Assert.Equal(0, await client.ReadAsync(buffer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_foreign_peer_that_shuts_down_says_so(bool byAlert)
    {
        var (wire, serving, client) = await TlsRig.FromStreamAsync(_server);
        using var _ = wire;
        using var __ = serving;
        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking("a.example")));

        await client.WriteAsync("bye"u8.ToArray());
        if (byAlert)
        {
            await client.ShutdownAsync();
        }
        else
        {
            wire.Client.Shutdown(SocketShutdown.Send);
        }

        Assert.Equal("bye", await serving.ReadTextAsync(3));
        Assert.Equal(IoResult.End, await serving.ReadAsync(new byte[10]));
        Assert.Equal(byAlert, serving.Session.CloseNotifyReceived);

        // Either way our half stays open, as it does on a plain socket.
        Assert.Equal(1, await serving.WriteTextAsync("answer"));
        var buffer = new byte[6];
        await client.ReadExactlyAsync(buffer);
        Assert.Null(serving.Session.FailureText);
    }

    [Fact]
    public async Task An_end_inside_a_record_is_an_end_without_close_notify()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        await wire.Client.SendAsync(new byte[] { 23, 3, 3, 0, 100, 1, 2, 3 });
        wire.Client.Shutdown(SocketShutdown.Send);

        Assert.Equal(IoResult.End, await serving.ReadAsync(new byte[10]));
        Assert.False(serving.Session.CloseNotifyReceived);
    }

    [Fact]
    public async Task A_reset_fails_in_words()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        asking.Dispose();
        Loopback.Reset(wire.Client);

        Assert.Equal(IoResult.Failed, await serving.ReadAsync(new byte[10]));
        Assert.Equal(TlsFault.ConnectionLost, serving.Session.Fault);
        Assert.Equal("Connection reset by peer", serving.Session.FailureText);
        Assert.Equal(IoResult.Failed, serving.ReadNow(new byte[10]));
        Assert.Equal(IoResult.Failed, serving.WriteNow(new byte[10]));
        serving.Session.Shutdown();
    }

    [Fact]
    public async Task What_a_peer_sent_before_it_closed_is_read_although_writing_fails()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        await asking.WriteTextAsync("the reason why I leave");
        asking.Dispose();
        wire.Client.Close();
        Assert.True(serving.Readable(TimeSpan.FromSeconds(5)));

        // The first write is answered with RST, the second meets it.
        var result = 1;
        for (var i = 0; i < 1000 && result > 0; i++)
        {
            result = serving.WriteNow(new byte[1000]);
            await Task.Yield();
        }

        Assert.Equal(IoResult.Failed, result);
        Assert.Equal(TlsFault.ConnectionLost, serving.Session.Fault);
        Assert.Equal("the reason why I leave", await serving.ReadTextAsync(22));
    }

    [Fact]
    public async Task Closing_never_waits_for_a_peer_that_does_not_read()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client, bufferSize: 4096);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        while (serving.WriteNow(new byte[16384]) > 0)
        {
            await Task.Yield();
        }

        serving.Session.Shutdown();
        Assert.Equal(IoResult.Failed, serving.WriteNow(new byte[16384]));
        Assert.Null(Record.Exception(serving.Dispose));
    }
}
