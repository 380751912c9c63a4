using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>What only the driver over streams has: buffers between a read of nothing and the bytes, and streams that heed nobody.</summary>
public sealed class StreamRelayTests : IAsyncDisposable
{
    private RelayHarness _relay = new(RelayDriver.Streams);

    public ValueTask DisposeAsync()
    {
        return _relay.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_idle_socket_owns_no_buffer_and_does_not_spin(bool zeroByteReadsWait)
    {
        _relay.Client.Out.ZeroByteReadsWait = zeroByteReadsWait;
        _relay.Backend.Out.ZeroByteReadsWait = zeroByteReadsWait;
        _relay.Start();
        await _relay.ExchangeAsync();
        await RelayHarness.Until(() => _relay.Client.Out.PendingReads == 1 && _relay.Backend.Out.PendingReads == 1);
        Assert.Equal(zeroByteReadsWait ? 0 : 2, _relay.Pool.Outstanding);
        for (int i = 0; i < 200; i++)
        {
            await Task.Yield();
        }

        Assert.InRange(_relay.Client.Out.ReadCalls, 2, 4);
        Assert.InRange(_relay.Backend.Out.ReadCalls, 2, 4);
    }

    [Fact]
    public async Task A_stream_that_heeds_neither_token_nor_disposal_holds_nobody_up_and_keeps_its_buffer()
    {
        _relay = new RelayHarness(RelayDriver.Streams, capacity: 10_000);
        _relay.Client.In.HeedsNothing = true;
        _relay.Start();
        _ = _relay.Backend.SendAsync(FrameBytes.Build(2, new byte[500_000], masked: false)).AsTask();
        await RelayHarness.Until(() => _relay.Client.In.Written == 10_000 && _relay.Client.In.StuckWrites == 1);
        _relay.Session.RequestEnd(RelayOutcome.Rebalance);
        RelayReport report = await _relay.EndedByTimeAsync();

        // The buffer is still under the stuck write: to return it would hand it to somebody else.
        Assert.Equal(1, _relay.Pool.Outstanding);
        Assert.Equal(RelayOutcome.Rebalance, report.Outcome);
        Assert.Null(report.CloseToClient);
    }
}
