using System.Text;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>A tap shows what passes one socket, and the socket does not notice.</summary>
public abstract class FrameTapTests : RelaySuite
{
    private protected FrameTapTests(RelayDriver driver)
        : base(driver)
    {
    }

    [Fact]
    public async Task The_headers_of_both_directions_are_shown_and_what_a_Close_says()
    {
        RelayHarness relay = Harness().Start();
        FrameTap tap = Attach(relay);
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Build(1, "hel"u8.ToArray(), masked: true, fin: false, rsv: 4));
        await PassAsync(relay.Backend, relay.Client, FrameBytes.Build(9, [7], masked: false));
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Build(0, "lo"u8.ToArray(), masked: true));
        await PassAsync(relay.Backend, relay.Client, FrameBytes.Build(2, new byte[70_000], masked: false));
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Close(4401, "log in again", masked: true));
        await PassAsync(relay.Backend, relay.Client, FrameBytes.Close(4401, "log in again", masked: false));
        await relay.EndedByTimeAsync();

        TappedFrame[] frames = await AllAsync(tap);
        Assert.Equal(
            [
                "Client>Backend Text fin=False rsv=4 masked=True 3 ", "Client>Backend Continuation fin=True rsv=0 masked=True 2 ", "Client>Backend Close fin=True rsv=0 masked=True 14 4401 log in again",
            ],
            frames.Where(f => f.From == RelaySide.Client).Select(Line));
        Assert.Equal(
            ["Backend>Client Ping fin=True rsv=0 masked=False 1 ", "Backend>Client Binary fin=True rsv=0 masked=False 70000 ", "Backend>Client Close fin=True rsv=0 masked=False 14 4401 log in again"],
            frames.Where(f => f.From == RelaySide.Backend).Select(Line));
        Assert.All(frames, frame => Assert.Null(frame.Payload));
        Assert.Equal(RelayOutcome.ClientClosed, tap.Report!.Outcome);
        Assert.False(relay.Session.TryAttach(new FrameTap(false, relay.Time)));
    }

    [Fact]
    public async Task The_payload_is_shown_when_it_is_asked_for_unmasked_and_its_beginning_alone()
    {
        RelayHarness relay = Harness().Start();
        FrameTap tap = Attach(relay, withPayload: true);
        byte[] large = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Text("hello", masked: true));
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Build(2, large, masked: true));
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Build(10, [], masked: true));

        TappedFrame[] frames = await TakeAsync(tap, 3);
        Assert.Equal("hello", Encoding.UTF8.GetString(frames[0].Payload!));
        Assert.Equal(large[..FrameTap.MostPayload], frames[1].Payload!);
        Assert.Equal(1000, frames[1].Length);
        Assert.Empty(frames[2].Payload!);
    }

    [Fact]
    public async Task A_tap_begins_and_ends_while_the_socket_lives_and_a_frame_that_was_under_way_is_left_out()
    {
        RelayHarness relay = Harness().Start();
        byte[] frame = FrameBytes.Build(2, new byte[100], masked: true);
        await relay.Client.SendAsync(frame[..50]);
        await RelayHarness.Until(() => relay.Session.FromClient.WireBytes == 50);
        FrameTap tap = Attach(relay, withPayload: true);
        Assert.False(relay.Session.TryAttach(new FrameTap(false, relay.Time)));
        await relay.Client.SendAsync(frame[50..]);
        Assert.NotNull(await RelayHarness.Guard(relay.Backend.ReadFrameAsync()));
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Text("seen", masked: true));
        Assert.Equal("seen", Encoding.UTF8.GetString(Assert.Single(await TakeAsync(tap, 1)).Payload!));

        relay.Session.Detach(tap);
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Text("unseen", masked: true));
        Assert.False(tap.Frames.TryRead(out _));
        Attach(relay);
    }

    [Fact]
    public async Task The_Close_of_the_relay_itself_is_shown_as_its_own()
    {
        RelayHarness relay = Harness().Start();
        await relay.ExchangeAsync();
        FrameTap tap = Attach(relay);
        Assert.True(relay.Session.RequestEnd(RelayOutcome.Operator, 4000, "move"));

        TappedFrame[] frames = await TakeAsync(tap, 2);
        Assert.Equal(
            ["Proxy>Backend Close fin=True rsv=0 masked=True 16 1001 operator: move", "Proxy>Client Close fin=True rsv=0 masked=False 16 4000 operator: move"],
            frames.Select(Line).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_loses_frames_and_the_socket_none()
    {
        RelayHarness relay = Harness().Start();
        var tap = new FrameTap(withPayload: false, relay.Time, capacity: 4);
        Assert.True(relay.Session.TryAttach(tap));
        for (int i = 0; i < 10; i++)
        {
            await PassAsync(relay.Client, relay.Backend, FrameBytes.Text($"{i}", masked: true));
        }

        Assert.Equal(6, tap.Dropped);
        Assert.Equal(4, (await TakeAsync(tap, 4)).Length);
        await PassAsync(relay.Client, relay.Backend, FrameBytes.Text("later", masked: true));
        Assert.Equal(6, Assert.Single(await TakeAsync(tap, 1)).DroppedBefore);
        Assert.Equal(11, relay.Session.FromClient.Messages);
    }

    private static FrameTap Attach(RelayHarness relay, bool withPayload = false)
    {
        var tap = new FrameTap(withPayload, relay.Time);
        Assert.True(relay.Session.TryAttach(tap));
        return tap;
    }

    private static async Task PassAsync(TestPeer from, TestPeer to, byte[] frame)
    {
        await from.SendAsync(frame);
        Assert.NotNull(await RelayHarness.Guard(to.ReadFrameAsync()));
    }

    private static async Task<TappedFrame[]> TakeAsync(FrameTap tap, int count)
    {
        var frames = new List<TappedFrame>();
        while (frames.Count < count)
        {
            frames.Add(await RelayHarness.Guard(tap.Frames.ReadAsync().AsTask()));
        }

        return [.. frames];
    }

    private static async Task<TappedFrame[]> AllAsync(FrameTap tap)
    {
        return await RelayHarness.Guard(tap.Frames.ReadAllAsync().ToArrayAsync().AsTask());
    }

    private static string Line(TappedFrame frame)
    {
        return $"{frame.From}>{frame.To} {frame.Opcode} fin={frame.Fin} rsv={frame.Rsv} masked={frame.Masked} {frame.Length} {frame.Close}";
    }

    public sealed class OnStreams() : FrameTapTests(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : FrameTapTests(RelayDriver.StreamsTls);

    public sealed class OnSockets() : FrameTapTests(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : FrameTapTests(RelayDriver.SocketsTls);
}
