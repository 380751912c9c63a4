using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>How much a side may send, how fast, and how long it may leave its bytes lying.</summary>
public abstract class RelayLimitTests : RelaySuite
{
    private protected RelayLimitTests(RelayDriver driver)
        : base(driver)
    {
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_above_its_size_ends_before_the_fragment_that_makes_it_so(bool fromClient)
    {
        var limit = new MessageRules { MaxSize = 2500 };
        RelayHarness relay = Harness(new RelayOptions { FromClient = fromClient ? limit : null, FromBackend = fromClient ? null : limit }).Start();
        TestPeer from = fromClient ? relay.Client : relay.Backend;
        TestPeer to = fromClient ? relay.Backend : relay.Client;
        byte[] fragment = new byte[1000];
        await from.SendAsync(FrameBytes.Build(2, new byte[2500], fromClient));
        await from.SendAsync(FrameBytes.Build(2, fragment, fromClient, fin: false));
        await from.SendAsync(FrameBytes.Build(0, fragment, fromClient, fin: false));
        await from.SendAsync(FrameBytes.Build(9, new byte[125], fromClient));
        await from.SendAsync(FrameBytes.Build(0, new byte[501], fromClient, fin: false));
        foreach (int length in new[] { 2500, 1000, 1000, 125 })
        {
            Assert.Equal(length, (await RelayHarness.Guard(to.ReadFrameAsync()))!.Payload.Length);
        }

        ParsedFrame toOther = (await RelayHarness.Guard(to.ReadFrameAsync()))!;
        ParsedFrame toGuilty = (await RelayHarness.Guard(from.ReadFrameAsync()))!;
        Assert.Equal("message-too-big: above 2500 bytes", toOther.CloseReason);
        Assert.Equal((1009, "message-too-big: above 2500 bytes"), ((int)toGuilty.CloseCode!, toGuilty.CloseReason));
        Assert.Equal(fromClient ? 1001 : 1011, (int)toOther.CloseCode!);

        // The guilty one goes on a while, as it has not heard; its answer to our Close is found behind that.
        await from.SendAsync(FrameBytes.Build(0, fragment, fromClient, fin: false));
        await from.SendAsync(FrameBytes.Build(0, [], fromClient));
        await from.SendAsync(FrameBytes.Build(2, fragment, fromClient));
        await from.SendAsync(FrameBytes.Build(8, [], fromClient));
        await to.SendCloseAsync(1001, "");
        relay.Backend.Out.Complete();
        RelayReport report = await relay.EndedAsync();
        Assert.Equal((RelayOutcome.MessageTooBig, fromClient ? RelaySide.Client : RelaySide.Backend), (report.Outcome, report.Side));
        Assert.Equal(new CloseStatus(null, ""), fromClient ? report.CloseFromClient : report.CloseFromBackend);
    }

    [Fact]
    public async Task A_message_of_many_fragments_is_never_held_and_ends_at_the_first_byte_above_its_size()
    {
        const int Fragment = 1024;
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { MaxSize = 1 << 20 } }).Start();
        Task sends = Task.Run(async () =>
        {
            try
            {
                for (int i = 0; i < 10_000; i++)
                {
                    await relay.Client.SendAsync(FrameBytes.Build(i == 0 ? 2 : 0, new byte[Fragment], masked: true, fin: i == 9_999));
                }
            }
            catch (IOException)
            {
                // The relay has ended.
            }
        });
        for (int i = 0; i < (1 << 20) / Fragment; i++)
        {
            Assert.Equal(Fragment, (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Payload.Length);
        }

        Assert.Equal((ushort)1001, (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.CloseCode);
        Assert.Equal((ushort)1009, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.CloseCode);
        Assert.True(relay.Pool.MostBytes < 256 * 1024, $"{relay.Pool.MostBytes} bytes were held");
        await relay.Backend.SendCloseAsync(1001, "");
        relay.Backend.Out.Complete();
        Assert.Equal(RelayOutcome.MessageTooBig, (await relay.EndedByTimeAsync()).Outcome);
        await RelayHarness.Guard(sends);
    }

    [Fact]
    public async Task A_huge_length_in_a_header_is_enough()
    {
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { MaxSize = 1 << 20 } }).Start();
        await relay.Client.SendAsync(0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4);
        Assert.Equal((ushort)1009, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.CloseCode);
        Assert.Equal((ushort)1001, (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.CloseCode);
    }

    [Fact]
    public async Task Messages_above_their_rate_are_held_back_and_none_is_lost()
    {
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { Rate = 20, Burst = 50 } }).Start();
        DateTimeOffset start = relay.Time.GetUtcNow();
        const int Count = 300;
        Task sends = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await relay.Client.SendAsync([.. FrameBytes.Build(1, [(byte)i], true, fin: false, key: (uint)i), .. FrameBytes.Build(9, [], true), .. FrameBytes.Build(0, [(byte)(i >> 8)], true)]);
            }
        });
        int read = 0;
        while (read < Count)
        {
            Task<ParsedFrame?> next = RelayHarness.Guard(relay.Backend.ReadFrameAsync());
            await relay.AdvanceUntilAsync(() => next.IsCompleted);
            ParsedFrame frame = (await next)!;
            if (frame.Opcode == 1)
            {
                Assert.Equal((byte)read, frame.Payload[0]);
                read++;
                Assert.True(read <= 50 + (20 * (relay.Time.GetUtcNow() - start).TotalSeconds) + 1, $"{read} messages after {relay.Time.GetUtcNow() - start}");
            }
        }

        await RelayHarness.Guard(sends);
        Assert.Null(relay.Session.Outcome);
        await relay.Client.SendCloseAsync(1000, "");
        Task end = relay.Backend.FinishAsync();
        await relay.EndedByTimeAsync();
        await RelayHarness.Guard(end);
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task Messages_above_their_rate_end_the_socket_if_that_is_asked()
    {
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { Rate = 5, Burst = 3, Exceeded = RateAction.Close } }).Start();
        byte[] message = FrameBytes.Text("x", masked: true);
        await relay.Client.SendAsync([.. message, .. message, .. message, .. message, .. message]);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        }

        Assert.Equal("message-rate: above 5 messages per second", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.CloseReason);
        Assert.Equal((ushort)1008, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.CloseCode);
        Assert.Equal(RelayOutcome.MessageRate, relay.Session.Outcome);
    }

    [Fact]
    public async Task Bytes_above_their_rate_are_held_back_and_none_is_lost()
    {
        RelayHarness relay = Harness(new RelayOptions { FromBackend = new MessageRules { ByteRate = 10_000 } }).Start();
        DateTimeOffset start = relay.Time.GetUtcNow();
        Task sends = Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                await relay.Backend.SendAsync(FrameBytes.Build(2, new byte[20_000], masked: false));
            }
        });
        for (int i = 0; i < 10; i++)
        {
            Task<ParsedFrame?> next = RelayHarness.Guard(relay.Client.ReadFrameAsync());
            await relay.AdvanceUntilAsync(() => next.IsCompleted);
            Assert.Equal(20_000, (await next)!.Payload.Length);
        }

        await RelayHarness.Guard(sends);

        // A second's worth at once, one read above it, and the rest by the clock.
        double least = ((10 * 20_004) - 10_000 - (64 * 1024)) / 10_000.0;
        Assert.True((relay.Time.GetUtcNow() - start).TotalSeconds >= least);
    }

    [Fact]
    public async Task What_came_before_the_relay_began_waits_too_and_in_its_order()
    {
        byte[] early = [.. Enumerable.Range(0, 6).SelectMany(i => FrameBytes.Build(2, [(byte)i, .. new byte[40_000]], masked: true, key: (uint)i))];
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { Rate = 10, Burst = 1 } }).Start(early);
        await relay.Client.SendAsync(FrameBytes.Build(2, [6], masked: true));
        for (int i = 0; i <= 6; i++)
        {
            Task<ParsedFrame?> next = RelayHarness.Guard(relay.Backend.ReadFrameAsync());
            await relay.AdvanceUntilAsync(() => next.IsCompleted);
            Assert.Equal((byte)i, (await next)!.Payload[0]);
        }

        Assert.Null(relay.Session.Outcome);
        Assert.True(relay.Session.RequestEnd(RelayOutcome.Operator));
        Task ends = Task.WhenAll(relay.Client.FinishAsync(), relay.Backend.FinishAsync());
        await relay.EndedByTimeAsync();
        await RelayHarness.Guard(ends);
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_is_held_back_has_said_all_it_said()
    {
        // The clock flies, and shall not fly past the end.
        var day = TimeSpan.FromDays(1);
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { Rate = 10, Burst = 1 }, CloseTimeout = day, LingerTimeout = day }).Start();
        byte[] all = [.. Enumerable.Range(0, 20).SelectMany(i => FrameBytes.Build(1, [(byte)i], masked: true)), .. FrameBytes.Close(1000, "done", masked: true)];
        await relay.Client.SendAsync(all);
        relay.Client.Out.Complete();
        for (int i = 0; i < 20; i++)
        {
            Task<ParsedFrame?> next = RelayHarness.Guard(relay.Backend.ReadFrameAsync());
            await relay.AdvanceUntilAsync(() => next.IsCompleted);
            Assert.Equal((byte)i, (await next)!.Payload[0]);
        }

        Assert.Equal("done", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.CloseReason);
        await relay.Backend.SendCloseAsync(1000, "");
        relay.Backend.Out.Complete();
        Assert.Equal(RelayOutcome.ClientClosed, (await relay.EndedAsync()).Outcome);
    }

    [Fact]
    public async Task A_Close_of_the_pod_ends_a_pause_and_the_answer_behind_it_is_seen()
    {
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { Rate = 0.001, Burst = 1 } }).Start();
        byte[] message = FrameBytes.Text("x", masked: true);
        await relay.Client.SendAsync([.. message, .. message, .. message]);
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        await RelayHarness.Until(() => relay.Session.ToBackend.IsPaused);
        await relay.Backend.SendCloseAsync(1000, "bye");
        Task client = relay.Client.FinishAsync();
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        Assert.True((await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.IsClose);
        relay.Backend.Out.Complete();
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(client);
        Assert.Equal((RelayOutcome.BackendClosed, (ushort?)1000), (report.Outcome, report.CloseFromClient!.Code));
    }

    [Fact]
    public async Task A_message_too_big_behind_the_pods_Close_is_dropped_whole_and_the_answer_behind_it_is_seen()
    {
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { MaxSize = 1000 } }).Start();
        await relay.ExchangeAsync();
        await relay.Backend.SendCloseAsync(1000, "bye");
        Assert.True((await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.IsClose);
        byte[] big = FrameBytes.Build(2, [.. Enumerable.Repeat((byte)0x81, 5000)], masked: true, key: 0);
        await relay.Client.SendAsync(big[..100]);
        await relay.SettleAsync();
        await relay.Client.SendAsync(big[100..]);
        await relay.Client.SendCloseAsync(1000, "");
        Task backend = relay.Backend.FinishAsync(closeSent: true);
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(backend);
        Assert.Equal((RelayOutcome.BackendClosed, (ushort?)1000), (report.Outcome, report.CloseFromClient!.Code));
        Assert.Equal([1, 8], relay.Backend.Frames.Select(frame => frame.Opcode));
        Assert.Equal(0, relay.Backend.Rest);
    }

    [Fact]
    public async Task Nothing_of_a_message_too_big_passes_when_it_was_kept_in_a_pause_that_the_pods_Close_ends()
    {
        // Whatever part of it was taken for frames would be frames: 0x81 seven times is a text of one byte.
        byte[] x = FrameBytes.Text("x", masked: true);
        byte[] early = [.. x, .. x, .. FrameBytes.Build(2, [.. Enumerable.Repeat((byte)0x81, 150_000)], masked: true, key: 0), .. FrameBytes.Close(1000, "", masked: true)];
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { MaxSize = 1000, Rate = 0.001, Burst = 1 } }).Start(early);
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        await RelayHarness.Until(() => relay.Session.ToBackend.IsPaused);
        await relay.Backend.SendCloseAsync(1000, "bye");
        Task ends = Task.WhenAll(relay.Client.FinishAsync(), relay.Backend.FinishAsync(closeSent: true));
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(ends);
        Assert.Equal((RelayOutcome.BackendClosed, (ushort?)1000), (report.Outcome, report.CloseFromClient?.Code));
        Assert.Equal([1, 1, 8], relay.Backend.Frames.Select(frame => frame.Opcode));
        Assert.Equal(0, relay.Backend.Rest);
    }

    [Fact]
    public async Task A_pause_delays_no_end()
    {
        RelayHarness relay = Harness(new RelayOptions { FromClient = new MessageRules { Rate = 0.001, Burst = 1 } }).Start();
        byte[] message = FrameBytes.Text("x", masked: true);
        await relay.Client.SendAsync([.. message, .. message, .. message]);
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        await relay.SettleAsync();
        Assert.True(relay.Session.RequestEnd(RelayOutcome.Operator));
        Task client = relay.Client.FinishAsync();
        Task backend = relay.Backend.FinishAsync();
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(Task.WhenAll(client, backend));
        Assert.Equal(RelayOutcome.Operator, report.Outcome);
        Assert.NotNull(report.CloseFromClient);
        Assert.Single(relay.Backend.Frames, f => f.Opcode == 1);
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task A_client_that_takes_no_byte_for_too_long_is_ended_and_one_that_takes_some_is_not()
    {
        RelayHarness relay = Harness(new RelayOptions { StallTimeout = TimeSpan.FromSeconds(30), BufferSize = 4096, CloseTimeout = TimeSpan.FromHours(1) }, capacity: 1024);
        var registry = new RelayRegistry();
        registry.Add(relay.Session);
        using var sweeper = new RelaySweeper(registry, relay.Time);
        relay.Start();
        Task flood = Task.Run(async () =>
        {
            try
            {
                for (int i = 0; i < 200; i++)
                {
                    await relay.Backend.SendAsync(FrameBytes.Build(2, new byte[20_000], masked: false));
                }
            }
            catch (IOException)
            {
                // The relay has ended.
            }
        });
        await RelayHarness.Until(() => relay.Session.IsStalled);
        for (int i = 0; i < 20; i++)
        {
            for (int second = 0; second < 29; second++)
            {
                relay.Time.Advance(TimeSpan.FromSeconds(1));
                await relay.SettleAsync();
            }

            // Enough for every driver to get something written, and not all that waits.
            Assert.NotNull(await RelayHarness.Guard(relay.Client.ReadFrameAsync()));
            await RelayHarness.Until(() => relay.Session.ToClient.StalledSince == relay.Time.GetTimestamp());
            Assert.Null(relay.Session.Outcome);
        }

        DateTimeOffset since = relay.Time.GetUtcNow();
        await relay.AdvanceUntilAsync(() => relay.Session.Outcome is not null);

        // What is under way between the lanes may still have moved meanwhile.
        Assert.True(relay.Time.GetUtcNow() - since >= TimeSpan.FromSeconds(29));

        // The pod hears of it although the clock stands still; then its hour is over.
        Assert.Equal("slow-consumer: took no bytes for 30 s", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.CloseReason);
        RelayReport report = await relay.EndedByTimeAsync();
        await RelayHarness.Guard(flood);
        Assert.Equal((RelayOutcome.SlowConsumer, RelaySide.Client), (report.Outcome, report.Side));
    }

    public sealed class OnStreams() : RelayLimitTests(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : RelayLimitTests(RelayDriver.StreamsTls);

    public sealed class OnSockets() : RelayLimitTests(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : RelayLimitTests(RelayDriver.SocketsTls);
}
