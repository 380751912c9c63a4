using Microsoft.Extensions.Time.Testing;
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

    [Fact]
    public async Task A_cut_while_a_side_is_suspected_is_a_shutdown_and_no_lost_side()
    {
        _relay.Client.In.FailWriteAt = 0;
        _relay.Start();
        await _relay.Backend.SendTextAsync("to nobody");
        await RelayHarness.Until(() => _relay.Session.ToClient.SinkFailed);

        _relay.Abort();

        Assert.Equal(RelayOutcome.ProxyShutdown, (await _relay.EndedAsync()).Outcome);
    }

    /// <summary>The clock stands, so an end that waits for a timeout never comes. Many at once: the moment to miss is some hundred nanoseconds.</summary>
    [Fact]
    public async Task A_half_that_takes_a_moment_to_close_costs_no_timeout()
    {
        const int AtOnce = 200;
        for (int round = 0; round < 50; round++)
        {
            RelayReport[] reports = await RelayHarness.Guard(Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(EndAsync))));
            Assert.All(reports, report => Assert.True(report.Outcome is RelayOutcome.BackendClosed or RelayOutcome.ClientClosed));
        }
    }

    private static async Task<RelayReport> EndAsync()
    {
        (Lane fromClient, Lane toClient, Lane fromBackend, Lane toBackend) = (new Lane(), new Lane(), new Lane(), new Lane());
        await fromBackend.WriteAsync(FrameBytes.Close(1000, "done", masked: false), default);
        await fromClient.WriteAsync(FrameBytes.Close(1000, "done", masked: true), default);
        fromBackend.Complete();
        fromClient.Complete();
        return await StreamRelay.RunAsync(
            new RelaySession("s-1", RelayOptions.Default, new FakeTimeProvider()),
            new RelayEnd(new LaneStream(fromClient, toClient), ClosesSlowly),
            new RelayEnd(new LaneStream(fromBackend, toBackend), ClosesSlowly),
            default,
            default,
            CancellationToken.None);

        static async ValueTask ClosesSlowly()
        {
            await Task.Yield();
        }
    }
}
