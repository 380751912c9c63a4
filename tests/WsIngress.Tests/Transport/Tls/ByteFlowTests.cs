using System.Security.Authentication;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Bytes arrive whole and in order however they are cut, and what pends inside of a session is seen.</summary>
public sealed class ByteFlowTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TlsServer _server;
    private readonly TlsClient _client = new(TlsRig.NoVerification);

    public ByteFlowTests()
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
    [InlineData(null, 65536)]
    [InlineData(2048, 65536)]
    [InlineData(2048, 1000)]
    [InlineData(4096, 1)]
    public async Task A_megabyte_passes_both_ways_at_once(int? bufferSize, int step)
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client, bufferSize: bufferSize);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        var bytes = new byte[step == 1 ? 30_000 : 1 << 20];
        Random.Shared.NextBytes(bytes);

        // One direction after the other at each session: a session is for one thread at a time.
        var (up, down) = (asking.WriteAsync(bytes), serving.ReadAllAsync(bytes.Length, step));
        Assert.Equal(1, await up);
        Assert.Equal(bytes, await down);
        (up, down) = (serving.WriteAsync(bytes), asking.ReadAllAsync(bytes.Length, step));
        Assert.Equal(1, await up);
        Assert.Equal(bytes, await down);
    }

    [Fact]
    public async Task A_write_takes_at_most_one_record()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;

        Assert.Equal(16384, serving.WriteNow(new byte[40_000]));
        Assert.Equal(100, serving.WriteNow(new byte[100]));
        Assert.Equal(16484, (await asking.ReadAllAsync(16484, 65536)).Length);
    }

    [Fact]
    public async Task A_call_without_bytes_or_room_changes_nothing()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;

        Assert.Equal(0, serving.WriteNow([]));
        Assert.Equal(IoResult.WantRead, asking.ReadNow([]));
        await serving.WriteTextAsync("text");
        Assert.True(asking.Readable(TimeSpan.FromSeconds(5)));
        Assert.Equal(IoResult.WantRead, asking.ReadNow([]));
        Assert.Equal("text", await asking.ReadTextAsync(4));
        Assert.Equal(TlsFault.None, serving.Session.Fault);
        Assert.Equal(TlsFault.None, asking.Session.Fault);
    }

    [Fact]
    public async Task A_half_sent_record_goes_on_from_a_buffer_elsewhere()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client, bufferSize: 2048);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        var sent = new MemoryStream();
        var chunk = new byte[16384];
        int count;
        do
        {
            Random.Shared.NextBytes(chunk);
            count = serving.WriteNow(chunk);
            sent.Write(chunk, 0, Math.Max(0, count));
        }
        while (count > 0);

        Assert.Equal(IoResult.WantWrite, count);
        byte[] more = [.. chunk, .. new byte[5000]];
        var writing = serving.WriteAsync(more);
        sent.Write(more);
        Assert.Equal(sent.ToArray(), await asking.ReadAllAsync((int)sent.Length));
        Assert.Equal(1, await writing);
    }

    [Fact]
    public async Task A_record_that_comes_byte_by_byte_is_one_record()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        var record = await CaptureAsync(wire, asking, "drop by drop");

        for (var i = 0; i < record.Length - 1; i++)
        {
            await wire.Client.SendAsync(record.AsMemory(i, 1));
            Assert.True(serving.Readable(TimeSpan.FromSeconds(5)));
            Assert.Equal(IoResult.WantRead, serving.ReadNow(new byte[100]));
            Assert.False(serving.Session.HasPending);
        }

        await wire.Client.SendAsync(record.AsMemory(record.Length - 1));
        Assert.Equal("drop by drop", await serving.ReadTextAsync(12));
        Assert.False(serving.Session.HasPending);
    }

    [Fact]
    public async Task Records_that_came_together_pend_until_they_are_read()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        byte[] three = [.. await CaptureAsync(wire, asking, "one"), .. await CaptureAsync(wire, asking, "two"), .. await CaptureAsync(wire, asking, "three")];

        // The last one is cut: it must not look like something that could be read.
        await wire.Client.SendAsync(three.AsMemory(0, three.Length - 4));
        Assert.True(serving.Readable(TimeSpan.FromSeconds(5)));
        Assert.Equal("on", await serving.ReadTextAsync(2));
        Assert.True(serving.Session.HasPending);
        Assert.False(serving.Readable(TimeSpan.Zero));
        Assert.Equal("e", await serving.ReadTextAsync(1));
        Assert.True(serving.Session.HasPending);
        Assert.Equal("two", await serving.ReadTextAsync(3));
        Assert.True(serving.Session.HasPending);
        Assert.Equal(IoResult.WantRead, serving.ReadNow(new byte[10]));
        Assert.False(serving.Session.HasPending);
        await wire.Client.SendAsync(three.AsMemory(three.Length - 4));
        Assert.Equal("three", await serving.ReadTextAsync(5));
        Assert.False(serving.Session.HasPending);
    }

    [Fact]
    public async Task What_came_with_the_end_of_the_handshake_pends()
    {
        using var wire = await Loopback.ConnectAsync();
        using var serving = TlsPeer.Serve(_server, wire.Server);
        using var asking = TlsPeer.Connect(_client, wire.Client, "a.example");
        var answered = asking.EstablishAsync();
        while (!answered.IsCompleted)
        {
            serving.Session.Handshake();
            if (await Task.WhenAny(answered, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System)) == answered)
            {
                break;
            }
        }

        // Finished and the first request are in the server's socket together.
        await asking.WriteTextAsync("early");
        await serving.EstablishAsync();
        Assert.True(serving.Session.HasPending || serving.Readable(TimeSpan.FromSeconds(5)));
        Assert.Equal("early", await serving.ReadTextAsync(5));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_foreign_client_gets_a_megabyte(SslProtocols protocol)
    {
        var (wire, serving, client) = await TlsRig.FromStreamAsync(_server);
        using var _ = wire;
        using var __ = serving;
        await Task.WhenAll(serving.EstablishAsync(), client.AuthenticateAsClientAsync(TlsRig.Asking("a.example", protocol)));
        var bytes = new byte[1 << 20];
        Random.Shared.NextBytes(bytes);
        var received = new byte[bytes.Length];

        var reading = client.ReadExactlyAsync(received).AsTask();
        Assert.Equal(1, await serving.WriteAsync(bytes));
        await reading;

        Assert.Equal(bytes, received);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task New_keys_may_come_between_two_records(int answerWanted)
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        var together = new List<byte>();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, NativeCalls.SSL_key_update(asking.Session.Native, answerWanted));
            together.AddRange(await CaptureAsync(wire, asking, $"part {i};"));
        }

        await wire.Client.SendAsync(together.ToArray());
        Assert.Equal("part 0;part 1;part 2;", await serving.ReadTextAsync(21));
        await serving.WriteTextAsync("answer");
        Assert.Equal("answer", await asking.ReadTextAsync(6));
    }

    [Fact]
    public async Task A_flood_of_new_keys_ends_the_connection_and_keeps_no_thread()
    {
        var (wire, serving, asking) = await TlsRig.PairAsync(_server, _client, bufferSize: 16384);
        using var _ = wire;
        using var __ = serving;
        using var ___ = asking;
        var flood = new MemoryStream();
        var buffer = new byte[65536];
        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal(1, NativeCalls.SSL_key_update(asking.Session.Native, 0));
            Assert.Equal(1, NativeCalls.SSL_do_handshake(asking.Session.Native));
            flood.Write(buffer, 0, await wire.Server.ReceiveAsync(buffer));
        }

        // Faster than it is read, so that there is always more, and mostly a part of a record.
        wire.Client.Blocking = true;
        var sent = 0;
        var flooding = Task.Run(() => Record.Exception(() =>
        {
            for (int count; sent < flood.Length; sent += count)
            {
                count = wire.Client.Send(flood.GetBuffer().AsSpan(sent, (int)Math.Min(1000, flood.Length - sent)));
            }
        }));

        Assert.Equal(IoResult.Failed, await serving.ReadAsync(new byte[10]));
        Assert.Equal(TlsFault.Flood, serving.Session.Fault);
        Assert.Equal("a flood of handshake messages without data between them", serving.Session.FailureText);
        Assert.InRange(Volatile.Read(ref sent), 1, flood.Length / 2);
        wire.Server.Close();
        await flooding;
    }

    /// <summary>The client's next record, taken off the wire before the server has seen it.</summary>
    private static async Task<byte[]> CaptureAsync(Loopback wire, TlsPeer asking, string text)
    {
        await asking.WriteTextAsync(text);
        var buffer = new byte[4096];
        return buffer[..await wire.Server.ReceiveAsync(buffer)];
    }
}
