using System.Text;
using WsIngress.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

public sealed class RequestHeadReaderTests
{
    private const string Plain = "GET /chat HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nX-A: 1\nx-a: 2\n";

    private static readonly HeadLimits Limits = new(16 * 1024, 64 * 1024, 256);

    public static TheoryData<string, string> Clients => new(HeadCorpus.Ordinary.Select(o => (o.Client, o.Head)));

    public static TheoryData<string> Odd => [.. HeadCorpus.Odd];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task What_ordinary_clients_send_is_a_plain_upgrade_and_the_same_to_kestrel(string client, string head)
    {
        await using var kestrel = await KestrelHeads.StartAsync();
        var bytes = HeadCorpus.Bytes(head);

        Assert.True(await HeadAgreement.CheckAsync(kestrel, new RequestHeadReader(kestrel.Limits), bytes) == HeadKind.Upgrade, client);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(HeadKind.Incomplete, Read(bytes[..length], out _, out _));
        }
    }

    public static TheoryData<string, string> PlainClients => new(HeadCorpus.OrdinaryPlain.Select(o => (o.Client, o.Head)));

    [Theory]
    [MemberData(nameof(PlainClients))]
    public async Task What_ordinary_clients_ask_for_without_a_body_is_plain_and_the_same_to_kestrel(string client, string head)
    {
        await using var kestrel = await KestrelHeads.StartAsync();
        var bytes = HeadCorpus.Bytes(head);

        Assert.True(await HeadAgreement.CheckAsync(kestrel, new RequestHeadReader(kestrel.Limits), bytes) == HeadKind.Plain, client);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(HeadKind.Incomplete, Read(bytes[..length], out _, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Odd))]
    public async Task What_is_not_plain_is_kestrels_to_judge(string head)
    {
        await using var kestrel = await KestrelHeads.StartAsync();

        Assert.Equal(HeadKind.Other, await HeadAgreement.CheckAsync(kestrel, new RequestHeadReader(kestrel.Limits), HeadCorpus.Bytes(head)));
    }

    /// <summary>Kestrel takes each of these, and readers differ on them.</summary>
    [Theory]
    [InlineData("GET /chat HTTP/1.1\nHost")]
    [InlineData("GET /chat HTTP/1.1\r\nX: y\nHost")]
    [InlineData("GET /chat HTTP/1.1\r\nX:\nHost")]
    public void A_line_that_ends_without_cr_is_never_plain(string start)
    {
        var head = Encoding.Latin1.GetString(HeadCorpus.Bytes(Plain + "\n")).Replace("GET /chat HTTP/1.1\r\nHost", start, StringComparison.Ordinal);

        Assert.Equal(HeadKind.Other, Read(Encoding.Latin1.GetBytes(head), out _, out _));
    }

    [Fact]
    public void An_upgrade_is_given_with_its_lines_in_order_and_its_early_frames_left()
    {
        byte[] head = HeadCorpus.Bytes(Plain + "X-Latin:  gr\u00fc\u00dfe \t\nsec-websocket-key:k\n\n");

        Assert.Equal(HeadKind.Upgrade, Read([.. head, 0x81, 0x80, 1, 2, 3, 4], out var read, out var consumed));
        Assert.Equal(head.Length, consumed);
        Assert.Equal(("/chat", "a"), (read!.Target, read.Host));
        Assert.Equal(
            [new("Host", "a"), new("Connection", "Upgrade"), new("Upgrade", "websocket"), new("X-A", "1"), new("x-a", "2"), new("X-Latin", "gr\u00fc\u00dfe"), new HeadLine("Sec-WebSocket-Key", "k")],
            read.Lines);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a\n")]
    [InlineData("GET / HTTP/1.0\r\n")]
    [InlineData("GET /\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\n")]
    [InlineData("GETX")]
    [InlineData("PRI * HTTP/2.0\r\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    public void A_head_that_can_no_more_become_a_plain_upgrade_is_not_waited_for(string bytes)
    {
        Assert.Equal(HeadKind.Other, Read(Encoding.Latin1.GetBytes(bytes), out _, out _));
    }

    [Fact]
    public void An_unfinished_head_is_waited_for_up_to_a_bound()
    {
        var bytes = HeadCorpus.Bytes("GET / HTTP/1.1\nX: " + new string('x', RequestHeadReader.MaxIncomplete));

        Assert.Equal(HeadKind.Incomplete, Read(bytes[..(RequestHeadReader.MaxIncomplete - 1)], out _, out _));
        Assert.Equal(HeadKind.Other, Read(bytes[..RequestHeadReader.MaxIncomplete], out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_longest_request_line_is_kestrels(int above)
    {
        await using var kestrel = await KestrelHeads.StartAsync();
        var path = "/" + new string('x', kestrel.Limits.RequestLine - "GET / HTTP/1.1\r\n".Length + above);

        await AssertAtBoundAsync(kestrel, Plain.Replace("/chat", path, StringComparison.Ordinal) + "\n", above);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_largest_total_of_lines_is_kestrels(int above)
    {
        await using var kestrel = await KestrelHeads.StartAsync();
        var lines = HeadCorpus.Bytes(Plain).Length - "GET /chat HTTP/1.1\r\n".Length;
        var fill = "X: " + new string('x', kestrel.Limits.HeaderBytes - lines - "X: \r\n".Length + above);

        await AssertAtBoundAsync(kestrel, Plain + fill + "\n\n", above);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_count_of_lines_is_kestrels(int above)
    {
        await using var kestrel = await KestrelHeads.StartAsync();

        await AssertAtBoundAsync(kestrel, Plain + string.Concat(Enumerable.Repeat("X: x\n", kestrel.Limits.Headers - 5 + above)) + "\n", above);
    }

    /// <summary>One reader serves all connections of a loop: nothing of a head may show in the next.</summary>
    [Fact]
    public void Each_head_is_read_as_if_it_were_the_first()
    {
        var reader = new RequestHeadReader(Limits);
        var fresh = new RequestHeadReader(Limits);
        var heads = HeadCorpus.Ordinary.Select(o => o.Head).Concat(HeadCorpus.Odd).Select(HeadCorpus.Bytes).ToArray();
        foreach (var bytes in heads.Concat(heads.Reverse()))
        {
            fresh = new RequestHeadReader(Limits);
            Assert.Equal(fresh.Read(bytes, out var expected, out var length), reader.Read(bytes, out var head, out var consumed));
            Assert.Equal(length, consumed);
            Assert.Equal((expected?.Target, expected?.Host), (head?.Target, head?.Host));
            Assert.Equal(expected?.Lines, head?.Lines);
        }
    }

    [Fact]
    public void A_request_that_is_not_taken_costs_no_allocation_and_equal_upgrades_share_their_host_path_and_agent()
    {
        var reader = new RequestHeadReader(Limits);
        var other = HeadCorpus.Bytes("GET /index.html HTTP/1.1\nHost: a\nConnection: close\nUser-Agent: x\n\n");
        var upgrade = HeadCorpus.Bytes(HeadCorpus.Ordinary[1].Head);
        reader.Read(other, out _, out _);
        reader.Read(upgrade, out var first, out _);
        reader.Read(upgrade, out var second, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            reader.Read(other, out _, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Same(first!.Host, second!.Host);
        Assert.Same(first.Target, second.Target);
        Assert.Same(first.Lines.Single(l => l.Name == "User-Agent").Value, second.Lines.Single(l => l.Name == "User-Agent").Value);
    }

    private static async Task AssertAtBoundAsync(KestrelHeads kestrel, string head, int above)
    {
        var bytes = HeadCorpus.Bytes(head);
        var verdict = await kestrel.AskAsync([.. bytes]);

        Assert.Equal(above == 0, verdict.TookUpgrade);
        Assert.Equal(above == 0 ? HeadKind.Upgrade : HeadKind.Other, await HeadAgreement.CheckAsync(kestrel, new RequestHeadReader(kestrel.Limits), bytes));
    }

    private static HeadKind Read(byte[] bytes, out RequestHead? head, out int consumed) => new RequestHeadReader(Limits).Read(bytes, out head, out consumed);
}
