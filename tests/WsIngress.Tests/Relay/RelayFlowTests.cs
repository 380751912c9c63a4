using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>What passes a relay and how it ends, whatever driver moves the bytes.</summary>
public abstract class RelayFlowTests : RelaySuite
{
    private protected RelayFlowTests(RelayDriver driver)
        : base(driver)
    {
    }

    [Fact]
    public async Task Early_bytes_come_first()
    {
        byte[] text = FrameBytes.Text("early", masked: true);
        RelayHarness relay = Harness(new RelayOptions { BufferSize = 1024 })
            .Start([.. text, .. FrameBytes.Build(2, new byte[5000], masked: true)], FrameBytes.Text("first", masked: false));
        await relay.Client.SendTextAsync("later");

        Assert.Equal("early", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        Assert.Equal(5000, (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Payload.Length);
        Assert.Equal("later", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        Assert.Equal("first", (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.Text);
    }

    [Fact]
    public async Task The_pod_of_a_client_that_is_gone_is_told_may_finish_its_speech_and_ends_the_connection_first()
    {
        RelayHarness relay = Harness().Start();
        await relay.ExchangeAsync();
        relay.Client.Out.Complete();
        Assert.Equal("client-lost", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.CloseReason);

        // Whoever ends first keeps the port for a minute (TIME_WAIT): the pod has one port for all, the proxy one for each socket.
        Task<ParsedFrame?> end = relay.Backend.ReadFrameAsync();
        await relay.Backend.SendTextAsync("still here");
        Assert.Equal("still here", (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.Text);
        Assert.False(end.IsCompleted);
        await relay.Backend.SendCloseAsync(1001, "");
        relay.Backend.Out.Complete();
        RelayReport report = await relay.EndedAsync();

        Assert.Null(await RelayHarness.Guard(end));
        Assert.Equal(RelayOutcome.ClientLost, report.Outcome);
        Assert.Equal(2, report.FromBackend.Messages);
    }

    [Fact]
    public async Task The_Close_of_an_application_passes_byte_for_byte_even_if_it_is_odd()
    {
        RelayHarness relay = Harness().Start();
        byte[] odd = FrameBytes.Build(8, [3], masked: false, rsv: 2);
        await relay.Backend.SendAsync(odd);
        relay.Backend.Out.Complete();
        Task client = relay.Client.FinishAsync();
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(client);

        Assert.Equal(odd, relay.Client.Received);
        Assert.Equal(new CloseStatus(null, ""), report.CloseToClient);
        Assert.Equal(RelayOutcome.BackendClosed, report.Outcome);
    }

    [Fact]
    public async Task After_both_Closes_the_clients_connection_ends_first_and_the_backend_gets_time_to_end_its_own()
    {
        RelayHarness relay = Harness().Start();
        await relay.Client.SendCloseAsync(1000, "");
        Assert.True((await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.IsClose);
        await relay.Backend.SendCloseAsync(1000, "");
        await RelayHarness.Until(() => relay.Client.In.Completed);
        Assert.False(relay.Report.IsCompleted);
        Assert.False(relay.Backend.In.Completed);
        relay.Backend.Out.Complete();
        await relay.EndedAsync();
    }

    [Fact]
    public async Task A_backend_that_does_not_end_its_connection_is_waited_for_a_second()
    {
        RelayHarness relay = Harness().Start();
        await relay.Client.SendCloseAsync(1000, "");
        Assert.True((await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.IsClose);
        await relay.Backend.SendCloseAsync(1000, "");
        await RelayHarness.Until(() => relay.Client.In.Completed);
        RelayReport report = await relay.EndedByTimeAsync();

        Assert.True(report.Age >= TimeSpan.FromSeconds(1));
        await RelayHarness.Until(() => relay.Backend.In.Completed);
    }

    [Fact]
    public async Task An_end_inside_a_frame_waits_for_the_frames_rest()
    {
        RelayHarness relay = Harness().Start();
        byte[] frame = FrameBytes.Build(2, new byte[1000], masked: true);
        await relay.Client.SendAsync(frame[..500]);
        await RelayHarness.Until(() => relay.Backend.In.Written == 500);
        Assert.True(relay.Session.RequestEnd(RelayOutcome.PodTerminating));
        Assert.Equal((ushort)1012, (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.CloseCode);
        Assert.Equal(500, relay.Backend.In.Written);
        await relay.Client.SendAsync(frame[500..700]);
        await RelayHarness.Until(() => relay.Backend.In.Written == 700);
        await relay.Client.SendAsync(frame[700..]);
        await RelayHarness.Until(() => relay.Backend.In.Written > 1000);
        await relay.Client.SendAsync([.. FrameBytes.Text("too late", masked: true), .. FrameBytes.Close(1012, "", masked: true)]);
        Task backend = relay.Backend.FinishAsync();
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(backend);

        Assert.Equal([2, 8], relay.Backend.Frames.Select(f => f.Opcode));
        Assert.Equal(1, report.FromClient.Messages);
        Assert.Equal(new CloseStatus(1012, ""), report.CloseFromClient);
    }

    [Fact]
    public async Task A_peer_that_stalls_inside_a_frame_is_cut_after_the_close_timeout_and_nothing_is_put_into_its_frame()
    {
        RelayHarness relay = Harness(new RelayOptions { CloseTimeout = TimeSpan.FromSeconds(7) }).Start();
        byte[] half = FrameBytes.Build(2, new byte[1000], masked: true)[..500];
        await relay.Client.SendAsync(half);
        await RelayHarness.Until(() => relay.Backend.In.Written == 500);
        Assert.True(relay.Session.RequestEnd(RelayOutcome.Operator));
        await RelayHarness.Until(() => relay.Session.ToClient.CloseToSink is not null);
        Task peers = Task.WhenAll(relay.Client.ReadToEndAsync(), relay.Backend.ReadToEndAsync());
        RelayReport report = await relay.EndedByTimeAsync();
        await RelayHarness.Guard(peers);

        Assert.Equal(half, relay.Backend.Received);
        Assert.Null(report.CloseToBackend);
        Assert.Equal(new CloseStatus(1001, "operator"), report.CloseToClient);
        Assert.True(report.Age >= TimeSpan.FromSeconds(7));
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task Peers_that_never_answer_a_Close_are_cut_after_the_close_timeout()
    {
        RelayHarness relay = Harness().Start();
        await relay.ExchangeAsync();
        relay.Session.RequestEnd(RelayOutcome.RouteRemoved);
        Assert.True((await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.IsClose);
        Assert.True((await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.IsClose);
        RelayReport report = await relay.EndedByTimeAsync();

        Assert.Null(report.CloseFromClient);
        Assert.True(report.Age >= TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_peer_that_never_reads_again_holds_nobody_up()
    {
        RelayHarness relay = Harness(capacity: 10_000).Start();
        ValueTask flood = relay.Backend.SendAsync(FrameBytes.Build(2, new byte[2_000_000], masked: false));
        await RelayHarness.Until(() => relay.Client.In.Written == 10_000 && relay.Client.In.StuckWrites == 1);
        await RelayHarness.Until(() => relay.Backend.Out.Waiting == 10_000);

        // At most the lanes, the kernel and one buffer hold what is under way: the flood's writer waits.
        Assert.False(flood.IsCompleted);
        Assert.InRange(relay.Session.FromBackend.WireBytes, 10_000, 10_000 + relay.MostPending);
        relay.Session.RequestEnd(RelayOutcome.Rebalance);
        RelayReport report = await relay.EndedByTimeAsync();

        Assert.Equal(RelayOutcome.Rebalance, report.Outcome);
        Assert.Null(report.CloseToClient);
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task A_backend_that_takes_no_more_but_has_closed_is_not_lost()
    {
        var relay = Harness();
        relay.Backend.In.FailWriteAt = 3;
        relay.Start();
        await relay.Client.SendTextAsync("into the void");
        await RelayHarness.Until(() => relay.Session.ToBackend.SinkFailed);
        await relay.Backend.SendCloseAsync(4001, "last words");
        relay.Backend.Out.Complete();
        Task client = relay.Client.FinishAsync();
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(client);

        Assert.Equal(RelayOutcome.BackendClosed, report.Outcome);
        Assert.Equal(new CloseStatus(4001, "last words"), report.CloseToClient);
    }

    [Fact]
    public async Task An_abort_tells_what_it_can_and_waits_for_nobody()
    {
        RelayHarness relay = Harness().Start();
        await relay.ExchangeAsync();
        relay.Abort();
        RelayReport report = await relay.EndedAsync();

        Assert.Equal(RelayOutcome.ProxyShutdown, report.Outcome);
        Assert.Equal(WritesAtOnce ? new CloseStatus(1001, "proxy-shutdown") : report.CloseToClient, report.CloseToClient);
        Assert.Equal(TimeSpan.Zero, report.Age);
        await RelayHarness.Until(() => relay.BothClosed);
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task An_end_asked_for_before_the_start_is_told_at_the_start()
    {
        var relay = Harness();
        relay.Session.RequestEnd(RelayOutcome.ProxyShutdown);
        relay.Start();
        Task peers = Task.WhenAll(relay.Client.FinishAsync(), relay.Backend.FinishAsync());
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(peers);

        Assert.Equal(new CloseStatus(1001, "proxy-shutdown"), report.CloseToClient);
        Assert.Equal(new CloseStatus(1001, "proxy-shutdown"), report.CloseToBackend);
    }

    [Fact]
    public async Task An_idle_socket_keeps_nothing_of_its_early_bytes()
    {
        var relay = Harness();
        WeakReference[] early = StartWithEarlyBytes(relay);
        Assert.Equal("early", (await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.Text);
        Assert.Equal("early", (await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.Text);
        await relay.ExchangeAsync();

        await RelayHarness.Until(() =>
        {
            GC.Collect();
            return !early[0].IsAlive && !early[1].IsAlive;
        });

        relay.Abort();
        Assert.Equal(2, (await relay.EndedAsync()).FromBackend.Messages);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference[] StartWithEarlyBytes(RelayHarness relay)
    {
        byte[] fromClient = FrameBytes.Text("early", masked: true);
        byte[] fromBackend = FrameBytes.Text("early", masked: false);
        relay.Start(fromClient, fromBackend);
        return [new WeakReference(fromClient), new WeakReference(fromBackend)];
    }

    public sealed class OnStreams() : RelayFlowTests(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : RelayFlowTests(RelayDriver.StreamsTls);

    public sealed class OnSockets() : RelayFlowTests(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : RelayFlowTests(RelayDriver.SocketsTls);
}
