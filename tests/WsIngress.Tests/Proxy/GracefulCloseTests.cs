using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>
/// A closing handshake that both sides complete is over when its frames have passed. The clock of these tests stands still, so whatever
/// waited for a timer would wait for ever, and a connection that is cut instead of ended would be a 1006 to its client.
/// </summary>
public sealed class GracefulCloseTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_close_of_the_client_waits_for_no_timer_and_ends_in_order(WsVia via)
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync(time: new FakeTimeProvider());
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);

        await client.WriteAsync(Frame.OfClose(4001, "done", masked: true));

        await AssertEndsAsync(proxy, client, RelayOutcome.ClientClosed);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_close_of_the_pod_waits_for_no_timer_and_ends_in_order(WsVia via)
    {
        var answered = new TaskCompletionSource<Frame?>();
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            await c.SendAsync(Frame.OfClose(4001, "done", masked: false));
            answered.SetResult(await Frame.ReadAsync(c.Stream, c.Stop));
        });
        await using var proxy = await TestProxy.StartAsync(time: new FakeTimeProvider());
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);

        await AssertEndsAsync(proxy, client, RelayOutcome.BackendClosed, async () => await client.WriteAsync(Frame.OfClose(4001, "done", masked: true)));

        Assert.Equal(4001, (await answered.Task)?.CloseCode);
    }

    /// <summary>The client reads the Close and then the end of the stream, which a reset connection does not have.</summary>
    private static async Task AssertEndsAsync(TestProxy proxy, RawHandshake client, RelayOutcome outcome, Func<Task>? answer = null)
    {
        var close = await client.ReadFrameAsync();
        Assert.Equal((Frame.CloseOpcode, 4001, "done"), (close?.Opcode, close?.CloseCode, close?.CloseReason));
        await (answer?.Invoke() ?? Task.CompletedTask);
        Assert.Equal(0, await client.Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(outcome, (await proxy.Telemetry.OneReportAsync()).Outcome);
        await Settled.NothingIsHeldAsync(proxy);
    }
}
