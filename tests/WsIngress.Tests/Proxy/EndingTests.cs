using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>
/// The ways a socket ends, each caused through the whole proxy over every HTTP version: the outcome, the guilty side, and the Close
/// frame that each end reads.
/// </summary>
public sealed class EndingTests
{
    /// <summary>What ends a socket; a null Close belongs to the end that is gone itself.</summary>
    private sealed record Ending(string Name, Func<Ends, Task> Act, RelayOutcome Outcome, RelaySide Side, CloseStatus? ToClient, CloseStatus? ToPod, bool Http1Only = false, bool ClientMayBeGone = false);

    private static readonly Ending[] Endings =
    [
        new("client closes", e => e.Client.WriteAsync(Frame.OfClose(4000, "bye", masked: true)), RelayOutcome.ClientClosed, RelaySide.Client, new(4000, "bye"), new(4000, "bye")),
        new("client closes with 1001", e => e.Client.WriteAsync(Frame.OfClose(1001, "tab closed", masked: true)), RelayOutcome.ClientClosed, RelaySide.Client, new(1001, "tab closed"), new(1001, "tab closed")),
        new("client closes without a code", e => e.Client.WriteAsync(Frame.Bytes(8, [], masked: true)), RelayOutcome.ClientClosed, RelaySide.Client, new(1005, ""), new(1005, "")),
        new("pod closes", e => e.Pod.SendAsync(Frame.OfClose(4401, "token expired", masked: false)), RelayOutcome.BackendClosed, RelaySide.Backend, new(4401, "token expired"), new(4401, "token expired")),
        new("client resets", e => { e.Client.Reset(); return Task.CompletedTask; }, RelayOutcome.ClientLost, RelaySide.Client, null, new(1001, "client-lost"), Http1Only: true),
        new("client ends without a Close", async e => { e.Client.Socket!.Shutdown(System.Net.Sockets.SocketShutdown.Send); await Task.CompletedTask; }, RelayOutcome.ClientLost, RelaySide.Client, new(1001, "client-lost"), new(1001, "client-lost"), Http1Only: true, ClientMayBeGone: true),
        new("client ends inside a frame", async e => { await e.Client.WriteAsync([0x82, 0x8a, 1, 2, 3, 4, 5]); await e.Pod.Stream.ReadExactlyAsync(new byte[7]); e.Client.Reset(); }, RelayOutcome.ClientLost, RelaySide.Client, null, null, Http1Only: true),
        new("pod resets", e => { e.Pod.Reset(); return Task.CompletedTask; }, RelayOutcome.BackendLost, RelaySide.Backend, new(1011, "backend-lost"), null),
        new("pod ends without a Close", e => { e.Pod.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send); return Task.CompletedTask; }, RelayOutcome.BackendLost, RelaySide.Backend, new(1011, "backend-lost"), new(1011, "backend-lost")),
        new("pod is killed inside a message", async e => { await e.Pod.SendAsync([0x02, 3, 1, 2, 3]); e.Pod.Reset(); }, RelayOutcome.BackendLost, RelaySide.Backend, new(1011, "backend-lost"), null),
        new("idle timeout", e => e.TickAsync(TimeSpan.FromSeconds(32)), RelayOutcome.IdleTimeout, RelaySide.Proxy, new(1001, "idle-timeout"), new(1001, "idle-timeout")),
        new("max age", async e => { await e.TickAsync(TimeSpan.FromSeconds(20)); await e.TalkAsync(); await e.TickAsync(TimeSpan.FromSeconds(20)); await e.TalkAsync(); await e.TickAsync(TimeSpan.FromSeconds(20)); }, RelayOutcome.MaxAge, RelaySide.Proxy, new(1001, "max-age"), new(1001, "max-age")),
        new("client sends an unmasked frame", e => e.Client.WriteAsync(Frame.OfText("x", masked: false)), RelayOutcome.ProtocolError, RelaySide.Client, new(1002, "protocol-error: frame of a client without mask"), new(1001, "protocol-error: frame of a client without mask")),
        new("pod sends a masked frame", e => e.Pod.SendAsync(Frame.OfText("x", masked: true)), RelayOutcome.ProtocolError, RelaySide.Backend, new(1011, "protocol-error: frame of a server with mask"), new(1002, "protocol-error: frame of a server with mask")),
        new("client sends a reserved opcode", e => e.Client.WriteAsync(Frame.Bytes(3, [1], masked: true)), RelayOutcome.ProtocolError, RelaySide.Client, new(1002, "protocol-error: reserved opcode"), new(1001, "protocol-error: reserved opcode")),
        new("operator", e => { e.Session.RequestEnd(RelayOutcome.Operator, reason: "maintenance"); return Task.CompletedTask; }, RelayOutcome.Operator, RelaySide.Proxy, new(1001, "operator: maintenance"), new(1001, "operator: maintenance")),
        new("pod removed", e => { e.Session.RequestEnd(RelayOutcome.PodRemoved); return Task.CompletedTask; }, RelayOutcome.PodRemoved, RelaySide.Backend, new(1012, "pod-removed"), new(1001, "pod-removed")),
        new("route removed", e => { e.Session.RequestEnd(RelayOutcome.RouteRemoved, 4404); return Task.CompletedTask; }, RelayOutcome.RouteRemoved, RelaySide.Proxy, new(4404, "route-removed"), new(1001, "route-removed")),
        new("proxy shutdown", e => { _ = e.Proxy.Plane.DrainAsync(TimeSpan.Zero, TimeSpan.FromSeconds(20), CancellationToken.None); return Task.CompletedTask; }, RelayOutcome.ProxyShutdown, RelaySide.Proxy, new(1001, "proxy-shutdown"), new(1001, "proxy-shutdown")),
    ];

    public static TheoryData<WsVia, string> Cases
    {
        get
        {
            var cases = new TheoryData<WsVia, string>();
            foreach (var ending in Endings)
            {
                foreach (var via in Enum.GetValues<WsVia>().Where(v => v == WsVia.Http1 || !ending.Http1Only))
                {
                    cases.Add(via, ending.Name);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_ending_has_its_outcome_its_side_and_its_Close_at_both_ends(WsVia via, string name)
    {
        var ending = Endings.Single(e => e.Name == name);
        var time = new FakeTimeProvider();
        var opened = new TaskCompletionSource<RawPodConnection>();
        var over = new TaskCompletionSource();
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            opened.SetResult(c);
            await over.Task;
        });
        await using var proxy = await TestProxy.StartAsync(time: time);
        proxy.Publish([pod.Endpoint], new RoutePolicy { WebSocket = new() { IdleTimeout = TimeSpan.FromSeconds(30), MaxAge = TimeSpan.FromSeconds(60) } });
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        Assert.True(client.IsOpen);
        var ends = new Ends(proxy, client, await opened.Task.WaitAsync(TimeSpan.FromSeconds(10)), time);
        await ends.TalkAsync();

        await ending.Act(ends);

        // Each end answers as soon as it has read, whether or not the proxy has told the other end yet.
        var atPod = ReadToCloseAsync(ends.Pod.Stream, frame => ends.Pod.SendAsync(Frame.Bytes(8, frame.Payload, masked: false)));
        var atClient = ReadToCloseAsync(client.Stream, frame => client.WriteAsync(Frame.Bytes(8, frame.Payload, masked: true)));
        Assert.Equal(ending.ToPod, await atPod);
        var told = await atClient;
        Assert.True(told == ending.ToClient || (told is null && ending.ClientMayBeGone), $"the client was told {told}");
        over.SetResult();
        var report = await ends.ReportAsync();
        Assert.Equal((ending.Outcome, ending.Side), (report.Outcome, report.Side));
        await Settled.NothingIsHeldAsync(proxy);
    }

    /// <summary>Answers the Close once, as a peer does, and reads on to the end of the stream.</summary>
    private static async Task<CloseStatus?> ReadToCloseAsync(Stream stream, Func<Frame, Task> answer)
    {
        try
        {
            while (await Frame.ReadAsync(stream).WaitAsync(TimeSpan.FromSeconds(10)) is { } frame)
            {
                if (frame.Opcode == Frame.CloseOpcode)
                {
                    try
                    {
                        await answer(frame);
                    }
                    catch (IOException)
                    {
                        // The proxy had its answer before.
                    }

                    return new CloseStatus((ushort)frame.CloseCode, frame.CloseReason);
                }
            }
        }
        catch (Exception error) when (error is ObjectDisposedException or IOException)
        {
            // This end is the one that went.
        }

        return null;
    }

    /// <summary>An open socket seen from all sides.</summary>
    private sealed record Ends(TestProxy Proxy, RawHandshake Client, RawPodConnection Pod, FakeTimeProvider Time)
    {
        public RelaySession Session => Proxy.Plane.Sockets.Single();

        /// <summary>One message each way, so that the relay is known to run.</summary>
        public async Task TalkAsync()
        {
            await Client.WriteAsync(Frame.OfText("to pod", masked: true));
            Assert.Equal("to pod", (await Frame.ReadAsync(Pod.Stream).WaitAsync(TimeSpan.FromSeconds(10)))?.Text);
            await Pod.SendAsync(Frame.OfText("to client", masked: false));
            Assert.Equal("to client", (await Client.ReadFrameAsync())?.Text);
        }

        /// <summary>Passes time second by second, as the sweeper needs it.</summary>
        public Task TickAsync(TimeSpan span)
        {
            for (var i = 0; i < span.TotalSeconds; i++)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
            }

            return Task.CompletedTask;
        }

        /// <summary>What still waits for a peer after the Close waits by this clock.</summary>
        public async Task<RelayReport> ReportAsync()
        {
            for (var i = 0; Proxy.Telemetry.Closed.IsEmpty && i < 1000; i++)
            {
                Time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }

            return Assert.Single(Proxy.Telemetry.Closed).Report;
        }
    }
}
