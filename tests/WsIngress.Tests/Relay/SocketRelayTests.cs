using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>What only the driver over sockets can show: the sleep of its loop.</summary>
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
}
