using System.Collections.Concurrent;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>The relay's own Pings: who gets them, whose answers they are, and who is found dead by them.</summary>
public abstract class RelayKeepAliveTests : RelaySuite
{
    private static readonly KeepAliveRules Every25 = new(TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(60));

    private readonly ConcurrentQueue<(RelaySide Side, TimeSpan Took)> _measured = new();

    private protected RelayKeepAliveTests(RelayDriver driver)
        : base(driver)
    {
    }

    private RelayOptions Both => new() { ClientPings = Every25, BackendPings = Every25, RoundTripMeasured = (_, side, took) => _measured.Enqueue((side, took)) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_side_gets_a_Ping_of_eight_bytes_and_its_Pong_goes_no_further(bool client)
    {
        RelayHarness relay = Harness(client ? Both with { BackendPings = null } : Both with { ClientPings = null });
        using var sweeper = Sweep(relay);
        relay.Start();
        await relay.ExchangeAsync();
        TestPeer pinged = client ? relay.Client : relay.Backend;
        TestPeer other = client ? relay.Backend : relay.Client;
        var marks = new HashSet<string>();
        for (int i = 0; i < 3; i++)
        {
            ParsedFrame ping = await PingAsync(relay, pinged);
            Assert.Equal((9, 8, !client), (ping.Opcode, ping.Payload.Length, ping.Masked));
            Assert.True(marks.Add(Convert.ToHexString(ping.Payload)));

            // Cut in the middle of the answer, and again twice what nobody asked for.
            byte[] pong = FrameBytes.Build(10, ping.Payload, masked: client);
            await pinged.SendAsync(pong[..5]);
            await relay.SettleAsync();
            await pinged.SendAsync([.. pong[5..], .. pong]);
            await pinged.SendTextAsync($"text {i}");
            Assert.Equal($"text {i}", (await RelayHarness.Guard(other.ReadFrameAsync()))!.Text);
            await RelayHarness.Until(() => _measured.Count == i + 1);
        }

        Assert.All(other.Frames, frame => Assert.Equal(1, frame.Opcode));
        Assert.All(_measured, m => Assert.Equal(client ? RelaySide.Client : RelaySide.Backend, m.Side));
        Assert.NotNull(relay.Session.RoundTrip(client ? RelaySide.Client : RelaySide.Backend));
        Assert.Null(relay.Session.Outcome);
    }

    [Fact]
    public async Task Pings_and_Pongs_of_applications_pass_as_they_are_whatever_their_length()
    {
        RelayHarness relay = Harness(Both);
        using var sweeper = Sweep(relay);
        relay.Start();
        await relay.ExchangeAsync();
        byte[] mark = (await PingAsync(relay, relay.Client)).Payload;
        Assert.Equal(9, (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Opcode);
        for (int length = 0; length <= 16; length++)
        {
            byte[] payload = [.. Enumerable.Range(length, length).Select(i => (byte)i)];
            await relay.Client.SendAsync([.. FrameBytes.Build(9, payload, masked: true), .. FrameBytes.Build(10, payload, masked: true, key: (uint)(length * 7919))]);
            foreach (int opcode in new[] { 9, 10 })
            {
                ParsedFrame frame = (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!;
                Assert.Equal(opcode, frame.Opcode);
                Assert.Equal(payload, frame.Payload);
            }
        }

        // The answer to the client's Ping is no answer of the pod.
        await relay.Backend.SendAsync(FrameBytes.Build(10, mark, masked: false));
        Assert.Equal(mark, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.Payload);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_side_that_is_silent_is_found_within_the_timeout_and_the_other_is_told(bool client)
    {
        RelayHarness relay = Harness(client ? Both with { BackendPings = null } : Both with { ClientPings = null });
        using var sweeper = Sweep(relay);
        relay.Start();
        await relay.ExchangeAsync();
        await relay.SettleAsync();
        TestPeer other = client ? relay.Backend : relay.Client;
        Task<ParsedFrame?> told = RelayHarness.Guard(other.ReadFrameAsync());
        await PingAsync(relay, client ? relay.Client : relay.Backend);
        for (int second = 26; second < 60; second++)
        {
            Assert.Null(relay.Session.Outcome);
            await PassAsync(relay, TimeSpan.FromSeconds(1) - (second == 59 ? TimeSpan.FromMilliseconds(100) : TimeSpan.Zero));
        }

        Assert.Null(relay.Session.Outcome);
        await PassAsync(relay, TimeSpan.FromSeconds(2));
        await RelayHarness.Until(() => relay.Session.Outcome is not null);
        ParsedFrame close = (await told)!;
        Assert.Equal((client ? 1001 : 1011, "ping-timeout: no answer within 60 s"), ((int)close.CloseCode!, close.CloseReason));
        Task end = other.FinishAsync(after: null);
        RelayReport report = await relay.EndedByTimeAsync();
        await RelayHarness.Guard(end);
        Assert.Equal((RelayOutcome.PingTimeout, client ? RelaySide.Client : RelaySide.Backend), (report.Outcome, report.Side));
    }

    [Fact]
    public async Task A_side_that_talks_but_never_answers_lives()
    {
        RelayHarness relay = Harness(Both with { BackendPings = null });
        using var sweeper = Sweep(relay);
        relay.Start();
        for (int i = 0; i < 40; i++)
        {
            await relay.Client.SendTextAsync("still here");
            Assert.Equal("still here", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
            await relay.SettleAsync();
            await PassAsync(relay, TimeSpan.FromSeconds(10));
        }

        Assert.Null(relay.Session.Outcome);
    }

    [Fact]
    public async Task A_Ping_waits_for_the_end_of_a_frame_and_not_for_that_of_a_message()
    {
        RelayHarness relay = Harness(Both with { BackendPings = null });
        using var sweeper = Sweep(relay);
        relay.Start();
        byte[] fragment = FrameBytes.Build(2, new byte[300], masked: false, fin: false);
        await relay.Backend.SendAsync(fragment[..100]);
        await RelayHarness.Until(() => relay.Session.FromBackend.WireBytes == 100);
        for (int i = 0; i < 200; i++)
        {
            // Longer than any timeout: a download may take its time, as long as it is taken.
            await PassAsync(relay, TimeSpan.FromSeconds(1));
        }

        Assert.Null(relay.Session.Outcome);
        await relay.Backend.SendAsync([.. fragment[100..], .. FrameBytes.Build(0, new byte[3000], masked: false, fin: true)[..2000]]);
        Assert.Equal(2, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.Opcode);
        Assert.Equal(9, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.Opcode);
    }

    [Fact]
    public async Task Pings_of_the_relay_and_their_answers_keep_no_socket_from_being_idle()
    {
        RelayHarness relay = Harness(Both with { IdleTimeout = TimeSpan.FromSeconds(90) });
        using var sweeper = Sweep(relay);
        relay.Start();
        await relay.ExchangeAsync();
        Task client = AnswerAsync(relay.Client, masked: true);
        Task backend = AnswerAsync(relay.Backend, masked: false);

        // Activity is dated by the sweep that sees it.
        await PassAsync(relay, TimeSpan.FromSeconds(1));
        for (int i = 1; i <= 3; i++)
        {
            await PassAsync(relay, TimeSpan.FromSeconds(26));
            await RelayHarness.Until(() => _measured.Count == 2 * i);
        }

        await PassAsync(relay, TimeSpan.FromSeconds(10));
        Assert.Null(relay.Session.Outcome);
        await PassAsync(relay, TimeSpan.FromSeconds(3));
        await RelayHarness.Until(() => relay.Session.Outcome is not null);
        Assert.Equal(RelayOutcome.IdleTimeout, relay.Session.Outcome);
        await relay.EndedByTimeAsync();
        await RelayHarness.Guard(Task.WhenAll(client, backend));
    }

    [Fact]
    public async Task A_side_that_takes_no_bytes_in_the_middle_of_a_frame_and_says_nothing_is_dead()
    {
        RelayHarness relay = Harness(Both with { BackendPings = null }, capacity: 1024);
        using var sweeper = Sweep(relay);
        relay.Start();
        Task flood = FloodAsync(relay);
        await RelayHarness.Until(() => relay.Session.IsStalled);
        RelayReport report = await relay.EndedByTimeAsync();
        await RelayHarness.Guard(flood);
        Assert.Equal((RelayOutcome.PingTimeout, RelaySide.Client), (report.Outcome, report.Side));
    }

    [Fact]
    public async Task A_side_that_is_not_read_since_it_sent_too_fast_is_not_dead()
    {
        RelayHarness relay = Harness(Both with { BackendPings = null, FromClient = new MessageRules { Rate = 0.001, Burst = 1 } });
        using var sweeper = Sweep(relay);
        relay.Start();
        byte[] message = FrameBytes.Text("x", masked: true);
        await relay.Client.SendAsync([.. message, .. message]);
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        await RelayHarness.Until(() => relay.Session.ToBackend.IsPaused);
        ParsedFrame ping = await PingAsync(relay, relay.Client);
        await relay.Client.SendAsync(FrameBytes.Build(10, ping.Payload, masked: true));
        for (int i = 0; i < 300; i++)
        {
            await PassAsync(relay, TimeSpan.FromSeconds(1));
            Assert.Null(relay.Session.Outcome);
        }
    }

    private static async Task FloodAsync(RelayHarness relay)
    {
        try
        {
            for (int i = 0; i < 100; i++)
            {
                await relay.Backend.SendAsync(FrameBytes.Build(2, new byte[60_000], masked: false));
            }
        }
        catch (IOException)
        {
            // The relay has ended.
        }
    }

    private static async Task AnswerAsync(TestPeer peer, bool masked)
    {
        while (await peer.ReadFrameAsync() is { } frame)
        {
            if (frame.Opcode == 9)
            {
                await peer.SendAsync(FrameBytes.Build(10, frame.Payload, masked));
            }
            else if (frame.IsClose)
            {
                peer.Out.Complete();
            }
        }
    }

    /// <summary>The Ping that is due after 25 s.</summary>
    private static async Task<ParsedFrame> PingAsync(RelayHarness relay, TestPeer pinged)
    {
        await PassAsync(relay, TimeSpan.FromSeconds(26));
        return (await RelayHarness.Guard(pinged.ReadFrameAsync()))!;
    }

    private static async Task PassAsync(RelayHarness relay, TimeSpan time)
    {
        relay.Time.Advance(time);
        await relay.SettleAsync();
    }

    private static RelaySweeper Sweep(RelayHarness relay)
    {
        var registry = new RelayRegistry();
        registry.Add(relay.Session);
        return new RelaySweeper(registry, relay.Time);
    }

    public sealed class OnStreams() : RelayKeepAliveTests(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : RelayKeepAliveTests(RelayDriver.StreamsTls);

    public sealed class OnSockets() : RelayKeepAliveTests(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : RelayKeepAliveTests(RelayDriver.SocketsTls);
}
