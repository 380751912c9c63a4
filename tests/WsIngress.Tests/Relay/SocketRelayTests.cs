using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>What only the driver over sockets can show: the sleep of its loop, and what the kernel answers it.</summary>
public sealed class SocketRelayTests
{
    [Fact]
    public async Task An_idle_socket_owns_no_buffer_and_its_loop_sleeps()
    {
        await using var relay = new RelayHarness(RelayDriver.Sockets);
        relay.Start();
        await relay.ExchangeAsync();
        await RelayHarness.Until(() => relay.Loop.TurnStarted == 0);
        Assert.Equal(0, relay.Pool.Rents);
        for (int i = 0; i < 2000; i++)
        {
            await Task.Yield();
            Assert.Equal(0, relay.Loop.TurnStarted);
        }
    }

    [Fact]
    public async Task A_client_that_takes_a_part_of_what_waits_is_not_slow()
    {
        await using var relay = new RelayHarness(RelayDriver.Sockets, new RelayOptions { StallTimeout = TimeSpan.FromSeconds(30), CloseTimeout = TimeSpan.FromHours(1) });
        var registry = new RelayRegistry();
        registry.Add(relay.Session);
        using var sweeper = new RelaySweeper(registry, relay.Time);
        relay.Faults.Budget(100);
        relay.Start();
        await relay.Backend.SendAsync(FrameBytes.Build(2, new byte[20_000], masked: false));
        await RelayHarness.Until(() => relay.Session.IsStalled);
        for (int i = 0; i < 10; i++)
        {
            for (int second = 0; second < 29; second++)
            {
                relay.Time.Advance(TimeSpan.FromSeconds(1));
                await relay.SettleAsync();
            }

            relay.Faults.Allow(100);
            await RelayHarness.Until(() => relay.Session.ToClient.StalledSince == relay.Time.GetTimestamp());
            Assert.Null(relay.Session.Outcome);
        }

        await relay.AdvanceUntilAsync(() => relay.Session.Outcome is not null);
        Assert.Equal(RelayOutcome.SlowConsumer, relay.Session.Outcome);
    }

    [Fact]
    public async Task Nothing_of_a_message_too_big_passes_while_the_Close_before_it_waits_for_room()
    {
        byte[] x = FrameBytes.Text("x", masked: true);
        byte[] early = [.. x, .. x, .. FrameBytes.Build(2, [.. Enumerable.Repeat((byte)0x81, 150_000)], masked: true, key: 0), .. FrameBytes.Close(1000, "", masked: true)];
        await using var relay = new RelayHarness(RelayDriver.Sockets, new RelayOptions { FromClient = new MessageRules { MaxSize = 1000, Rate = 0.001, Burst = 1 } });
        relay.Start(early);
        Assert.Equal("x", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        await RelayHarness.Until(() => relay.Session.ToBackend.IsPaused);
        relay.Faults.Budget(0);
        await relay.Backend.SendCloseAsync(1000, "bye");
        await RelayHarness.Until(() => relay.Session.Ending is not null && !relay.Session.ToBackend.IsPaused);
        await relay.SettleAsync();
        relay.Faults.Allow(1 << 30);
        Task ends = Task.WhenAll(relay.Client.FinishAsync(), relay.Backend.FinishAsync(closeSent: true));
        Assert.Equal(RelayOutcome.BackendClosed, (await relay.EndedAsync()).Outcome);
        await RelayHarness.Guard(ends);
        Assert.Equal([1, 1, 8], relay.Backend.Frames.Select(frame => frame.Opcode));
        Assert.Equal(0, relay.Backend.Rest);
    }
}
