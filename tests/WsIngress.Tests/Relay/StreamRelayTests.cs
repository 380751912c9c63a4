using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

public sealed class StreamRelayTests
{
    [Fact]
    public async Task Messages_pass_both_ways_and_both_Closes_end_the_session()
    {
        RelayHarness relay = new RelayHarness().Start();
        await relay.ExchangeAsync();
        await relay.Client.SendCloseAsync(4401, "token gone");
        Task backend = relay.Backend.FinishAsync();
        Task client = relay.Client.FinishAsync(closeSent: true);
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(Task.WhenAll(client, backend));

        Assert.Equal(RelayOutcome.ClientClosed, report.Outcome);
        Assert.Equal(RelaySide.Client, report.Side);
        Assert.Equal(new CloseStatus(4401, "token gone"), report.CloseFromClient);
        Assert.Equal(new CloseStatus(4401, "token gone"), report.CloseToBackend);
        Assert.Equal(new CloseStatus(4401, "token gone"), report.CloseFromBackend);
        Assert.Equal(new CloseStatus(4401, "token gone"), report.CloseToClient);
        Assert.Equal(1, report.FromClient.Messages);
        Assert.Equal(1, report.FromBackend.Messages);
        relay.AssertBuffersReturned();
    }
}
