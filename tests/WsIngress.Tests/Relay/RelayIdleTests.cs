using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>What keeps a socket from being idle.</summary>
public abstract class RelayIdleTests : RelaySuite
{
    private protected RelayIdleTests(RelayDriver driver)
        : base(driver)
    {
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(9, true)]
    [InlineData(10, true)]
    [InlineData(9, false)]
    [InlineData(10, false)]
    public async Task Any_frame_either_way_keeps_a_socket_from_being_idle(int opcode, bool fromClient)
    {
        RelayHarness relay = Harness(new RelayOptions { IdleTimeout = TimeSpan.FromSeconds(10) }).Start();
        TestPeer from = fromClient ? relay.Client : relay.Backend;
        TestPeer to = fromClient ? relay.Backend : relay.Client;
        for (int i = 0; i < 5; i++)
        {
            await from.SendAsync(FrameBytes.Build(opcode, [1], masked: fromClient));
            Assert.NotNull(await RelayHarness.Guard(to.ReadFrameAsync()));
            await relay.SettleAsync();
            Sweep(relay, 9);
            Assert.Null(relay.Session.Outcome);
        }

        Assert.Equal(TimeSpan.FromSeconds(9), relay.Session.Idle);
        Sweep(relay, 1);
        Assert.Equal(RelayOutcome.IdleTimeout, relay.Session.Outcome);
    }

    private static void Sweep(RelayHarness relay, int seconds)
    {
        // Activity is dated by the sweep that sees it.
        relay.Session.Check(relay.Time.GetTimestamp());
        relay.Time.Advance(TimeSpan.FromSeconds(seconds));
        relay.Session.Check(relay.Time.GetTimestamp());
    }

    public sealed class OnStreams() : RelayIdleTests(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : RelayIdleTests(RelayDriver.StreamsTls);

    public sealed class OnSockets() : RelayIdleTests(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : RelayIdleTests(RelayDriver.SocketsTls);
}
