using WsIngress.Relay;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What a route says of the messages of its sockets, on every way in.</summary>
public sealed class MessagePolicyTests
{
    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task Both_sides_are_asked_whether_they_live_and_neither_hears_of_the_others_answer(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Policy(new() { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromMinutes(1) }));
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        for (var i = 0; i < 3; i++)
        {
            var ping = (await client.ReadFrameAsync())!;
            Assert.Equal((9, 8), (ping.Opcode, ping.Payload.Length));
            await client.WriteAsync(Frame.Bytes(10, ping.Payload, masked: true));
        }

        await proxy.Telemetry.WaitAsync(t => t.Answers.Count(a => a.Side == RelaySide.Client) >= 3 && t.Answers.Any(a => a.Side == RelaySide.Backend));
        Assert.All(proxy.Telemetry.Answers, answer => Assert.InRange(answer.Took, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1)));
        var session = Assert.Single(proxy.Plane.Sockets);
        Assert.NotNull(session.RoundTrip(RelaySide.Backend));
        Assert.Equal((0, 0), (session.FromClient.Frames(FrameOpcode.Pong), session.FromBackend.Frames(FrameOpcode.Pong)));
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_client_that_does_not_answer_is_dead_and_its_pod_is_told(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Policy(new() { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromMilliseconds(300), PingTo = PingTarget.Client }));
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        var report = await proxy.Telemetry.OneReportAsync();
        Assert.Equal((RelayOutcome.PingTimeout, RelaySide.Client), (report.Outcome, report.Side));
        Assert.Equal((ushort)1001, report.CloseToBackend!.Code);
        Assert.StartsWith("ping-timeout", report.CloseToBackend.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_message_that_is_too_big_ends_its_socket(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Policy(new() { MaxSize = 1000 }));
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        await client.WriteAsync(Frame.OfText("small", masked: true));
        Assert.EndsWith("small", (await client.ReadFrameAsync())!.Text, StringComparison.Ordinal);
        await client.WriteAsync(Frame.Bytes(2, new byte[1001], masked: true));
        var close = (await client.ReadFrameAsync())!;
        Assert.Equal((1009, "message-too-big: above 1000 bytes"), (close.CloseCode, close.CloseReason));
        await client.WriteAsync(Frame.OfClose(1009, "", masked: true));
        var report = await proxy.Telemetry.OneReportAsync();
        Assert.Equal((RelayOutcome.MessageTooBig, (ushort?)1001), (report.Outcome, report.CloseToBackend!.Code));
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Http2)]
    public async Task A_client_that_talks_too_fast_waits_or_goes_as_the_route_says(WsVia via)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, Policy(new() { Rate = 20, Burst = 2, RateExceeded = RateExceeded.Close }));
        await using (var client = await RawHandshake.OpenAsync(proxy, via))
        {
            await client.WriteAsync([.. Enumerable.Repeat(Frame.OfText("x", masked: true), 30).SelectMany(frame => frame)]);
            Frame? frame;
            while ((frame = await client.ReadFrameAsync()) is { Opcode: not Frame.CloseOpcode })
            {
            }

            Assert.Equal((1008, "message-rate: above 20 messages per second"), (frame!.CloseCode, frame.CloseReason));
        }

        proxy.Publish([pod.Endpoint], Policy(new() { Rate = 200, Burst = 2 }));
        await using var patient = await RawHandshake.OpenAsync(proxy, via);
        await patient.WriteAsync([.. Enumerable.Repeat(Frame.OfText("x", masked: true), 30).SelectMany(frame => frame)]);
        for (var i = 0; i < 30; i++)
        {
            Assert.EndsWith("x", (await patient.ReadFrameAsync())!.Text, StringComparison.Ordinal);
        }
    }

    private static RoutePolicy Policy(MessagePolicy messages) => new() { WebSocket = new() { Messages = messages } };
}
