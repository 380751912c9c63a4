using FsCheck.Xunit;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>Random traffic, cut at random places, with an end at a random byte. Outputs are read by the tests' own parser.</summary>
public abstract class RelayLaws
{
    private const int MostFrames = 20;
    private readonly RelayDriver _driver;

    private protected RelayLaws(RelayDriver driver)
    {
        _driver = driver;
    }

    [Property(MaxTest = 30)]
    public async Task What_goes_in_comes_out(byte[] clientShape, byte[] backendShape, byte[] cuts, bool zeroByteReadsWait, bool narrow)
    {
        await using var relay = new RelayHarness(_driver, new RelayOptions { BufferSize = narrow ? 1024 : 16 * 1024 }, capacity: narrow ? 3000 : 64 * 1024);
        Shape(relay, cuts, zeroByteReadsWait);
        byte[] fromClient = [.. Bytes(clientShape, masked: true), .. FrameBytes.Close(1000, "done", masked: true)];
        byte[] fromBackend = Bytes(backendShape, masked: false);
        relay.Start();
        Task client = SendAsync(relay.Client, fromClient);
        Task backend = SendAsync(relay.Backend, [.. fromBackend, .. FrameBytes.Close(1000, "done", masked: false)], end: true);
        Task readers = Task.WhenAll(relay.Client.ReadToEndAsync(), relay.Backend.ReadToEndAsync());
        await relay.EndedAsync();
        await RelayHarness.Guard(Task.WhenAll(client, backend, readers));

        Assert.Equal(fromClient, relay.Backend.Received);
        Assert.Equal([.. fromBackend, .. FrameBytes.Close(1000, "done", masked: false)], relay.Client.Received);
        await relay.AssertBuffersReturnedAsync();
    }

    [Property(MaxTest = 60)]
    public async Task An_end_at_any_byte_gives_both_sides_whole_frames_and_one_last_Close(
        byte[] clientShape, byte[] backendShape, byte[] cuts, int clientCut, int backendCut, bool atOnce)
    {
        await using var relay = new RelayHarness(_driver);
        Shape(relay, cuts, zeroByteReadsWait: true);
        byte[] fromClient = Bytes(clientShape, masked: true);
        byte[] fromBackend = Bytes(backendShape, masked: false);
        int clientAt = At(clientCut, fromClient.Length);
        int backendAt = At(backendCut, fromBackend.Length);
        relay.Start();
        Task readers = Task.WhenAll(relay.Client.ReadToEndAsync(), relay.Backend.ReadToEndAsync());
        await SendAsync(relay.Client, fromClient[..clientAt]);
        await SendAsync(relay.Backend, fromBackend[..backendAt]);
        if (!atOnce)
        {
            await RelayHarness.Until(() => relay.Client.Out.Waiting == 0 && relay.Backend.Out.Waiting == 0);
        }

        Assert.True(relay.Session.RequestEnd(RelayOutcome.ProxyShutdown));
        await SendAsync(relay.Client, [.. fromClient[clientAt..], .. FrameBytes.Close(1001, "", masked: true)]);
        await SendAsync(relay.Backend, [.. fromBackend[backendAt..], .. FrameBytes.Close(1001, "", masked: false)], end: true);
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(readers);

        Assert.Equal(RelayOutcome.ProxyShutdown, report.Outcome);
        AssertEndsWithOurClose(relay.Backend, fromClient, masked: true);
        AssertEndsWithOurClose(relay.Client, fromBackend, masked: false);
        await relay.AssertBuffersReturnedAsync();
    }

    [Property(MaxTest = 60)]
    public async Task A_side_that_fails_at_any_byte_is_named_and_the_other_is_told_where_that_is_possible(
        byte[] clientShape, byte[] backendShape, byte[] cuts, byte kind, int at)
    {
        await using var relay = new RelayHarness(_driver);
        Shape(relay, cuts, zeroByteReadsWait: true);
        byte[] fromClient = [.. Bytes(clientShape, masked: true), .. FrameBytes.Build(9, [7], masked: true)];
        byte[] fromBackend = [.. Bytes(backendShape, masked: false), .. FrameBytes.Build(9, [7], masked: false)];
        bool clientFails = kind % 2 == 0;
        (TestPeer bad, TestPeer good) = clientFails ? (relay.Client, relay.Backend) : (relay.Backend, relay.Client);
        byte[] fromBad = clientFails ? fromClient : fromBackend;
        byte[] fromGood = clientFails ? fromBackend : fromClient;
        int n = At(at, fromBad.Length);
        switch (kind / 2 % 3)
        {
            case 0:
                bad.Out.FailReadAt = n;
                break;
            case 1:
                // Below the length: a sink that takes every byte has not failed.
                bad.In.FailWriteAt = At(at, fromGood.Length - 1);
                break;
            default:
                fromBad = fromBad[..n];
                break;
        }

        relay.Start();
        bool silent = kind / 2 % 3 == 1;
        Task goodSender = SendAsync(good, fromGood);
        Task peers = Task.WhenAll(SendAsync(bad, fromBad, end: kind / 2 % 3 == 2), bad.ReadToEndAsync(), good.FinishAsync(after: goodSender));
        if (silent)
        {
            // It takes no more and says nothing either: only the close timeout can tell that it is lost.
            await RelayHarness.Until(() => relay.Session.ToBackend.SinkFailed || relay.Session.ToClient.SinkFailed);
            await relay.AdvanceUntilAsync(() => relay.Session.Outcome is not null);
            bad.Out.Complete();
        }

        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(peers);

        Assert.Equal(clientFails ? RelayOutcome.ClientLost : RelayOutcome.BackendLost, report.Outcome);
        Assert.Equal(clientFails ? RelaySide.Client : RelaySide.Backend, report.Side);
        AssertWholeIfClosed(good, fromBad, clientFails ? report.CloseToBackend : report.CloseToClient);
        await relay.AssertBuffersReturnedAsync();
    }

    private static void AssertEndsWithOurClose(TestPeer peer, byte[] sent, bool masked)
    {
        Assert.Equal(0, peer.Rest);
        ParsedFrame close = peer.Frames[^1];
        Assert.Single(peer.Frames, f => f.IsClose);
        Assert.Equal((ushort)1001, close.CloseCode);
        Assert.Equal("proxy-shutdown", close.CloseReason);
        Assert.Equal(masked, close.Masked);
        int before = peer.Received.Count - (close.Payload.Length + (masked ? 6 : 2));
        Assert.Equal(sent.Take(before), peer.Received.Take(before));
    }

    private static void AssertWholeIfClosed(TestPeer peer, byte[] sent, CloseStatus? told)
    {
        if (told is null)
        {
            Assert.DoesNotContain(peer.Frames, f => f.IsClose);
            Assert.Equal(sent.Take(peer.Received.Count), peer.Received);

            // Silence is allowed only inside a frame.
            Assert.True(peer.Rest > 0, "the relay stood on a frame boundary and did not tell");
            return;
        }

        Assert.Equal(0, peer.Rest);
        Assert.True(peer.Frames[^1].IsClose);
        Assert.Single(peer.Frames, f => f.IsClose);
        Assert.Equal(told.Reason, peer.Frames[^1].CloseReason);
        Assert.EndsWith("-lost", told.Reason);
    }

    private static void Shape(RelayHarness relay, byte[] cuts, bool zeroByteReadsWait)
    {
        foreach (Lane lane in (Lane[])[relay.Client.Out, relay.Backend.Out])
        {
            lane.ReadCuts = cuts;
            lane.ZeroByteReadsWait = zeroByteReadsWait;
        }
    }

    private static byte[] Bytes(byte[] shape, bool masked)
    {
        return [.. FrameBytes.Traffic(shape.Length > MostFrames ? shape[..MostFrames] : shape, masked).SelectMany(f => f)];
    }

    private static int At(int any, int length)
    {
        return (int)((uint)any % (uint)(length + 1));
    }

    private static async Task SendAsync(TestPeer peer, byte[] bytes, bool end = false)
    {
        try
        {
            await peer.SendAsync(bytes);
        }
        catch (IOException)
        {
            // The relay stopped reading: it has ended, and the outputs are judged.
        }

        if (end)
        {
            peer.Out.Complete();
        }
    }

    public sealed class OnStreams() : RelayLaws(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : RelayLaws(RelayDriver.StreamsTls);

    public sealed class OnSockets() : RelayLaws(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : RelayLaws(RelayDriver.SocketsTls);
}
