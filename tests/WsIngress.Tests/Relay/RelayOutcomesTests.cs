using WsIngress.Relay;
using Xunit;

namespace WsIngress.Tests.Relay;

public sealed class RelayOutcomesTests
{
    [Fact]
    public void The_list_is_closed_and_in_order()
    {
        string[] words =
        [
            "client-closed", "backend-closed", "client-lost", "backend-lost", "idle-timeout", "ping-timeout", "max-age", "pod-terminating",
            "pod-removed", "route-removed", "rebalance", "proxy-shutdown", "message-too-big", "message-rate", "slow-consumer",
            "protocol-error", "token-expired", "revoked", "operator",
        ];

        Assert.Equal(words, RelayOutcomes.All.Select(RelayOutcomes.Word));
    }

    [Theory]
    [InlineData(RelayOutcome.MessageTooBig, RelaySide.Client, 1009, 1001)]
    [InlineData(RelayOutcome.MessageTooBig, RelaySide.Backend, 1011, 1009)]
    [InlineData(RelayOutcome.MessageRate, RelaySide.Client, 1008, 1001)]
    [InlineData(RelayOutcome.SlowConsumer, RelaySide.Client, 1013, 1001)]
    [InlineData(RelayOutcome.SlowConsumer, RelaySide.Backend, 1011, 1013)]
    [InlineData(RelayOutcome.PingTimeout, RelaySide.Backend, 1011, 1001)]
    [InlineData(RelayOutcome.ProtocolError, RelaySide.Client, 1002, 1001)]
    [InlineData(RelayOutcome.PodTerminating, RelaySide.Backend, 1012, 1001)]
    [InlineData(RelayOutcome.Rebalance, RelaySide.Proxy, 1012, 1001)]
    [InlineData(RelayOutcome.Revoked, RelaySide.Client, 1008, 1001)]
    [InlineData(RelayOutcome.MaxAge, RelaySide.Proxy, 1001, 1001)]
    public void The_guilty_side_gets_the_code_of_its_fault(RelayOutcome outcome, RelaySide guilty, int toClient, int toBackend)
    {
        Assert.Equal(toClient, RelayOutcomes.CloseCode(outcome, guilty, RelaySide.Client));
        Assert.Equal(toBackend, RelayOutcomes.CloseCode(outcome, guilty, RelaySide.Backend));
    }

    [Fact]
    public void Every_code_may_be_sent()
    {
        foreach (RelayOutcome outcome in RelayOutcomes.All)
        {
            foreach (RelaySide guilty in (RelaySide[])[RelaySide.Client, RelaySide.Backend, RelaySide.Proxy])
            {
                Assert.InRange(RelayOutcomes.CloseCode(outcome, guilty, RelaySide.Client), 1000, 1013);
                Assert.NotInRange(RelayOutcomes.CloseCode(outcome, guilty, RelaySide.Client), 1004, 1006);
                Assert.NotInRange(RelayOutcomes.CloseCode(outcome, guilty, RelaySide.Backend), 1004, 1006);
            }
        }
    }
}
