using FsCheck.Xunit;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>The driver over sockets when the kernel takes half of what it is given, or nothing: a fifth of all sends.</summary>
public abstract class SocketRelayLaws
{
    private const int Percent = 20;
    private readonly RelayDriver _driver;

    private protected SocketRelayLaws(RelayDriver driver)
    {
        _driver = driver;
    }

    [Property(MaxTest = 60)]
    public async Task What_goes_in_comes_out_though_sends_are_refused_or_cut(byte[] clientShape, byte[] backendShape, int seed)
    {
        await using var relay = new RelayHarness(_driver);
        relay.Faults.Randomly(Percent, seed);
        byte[] fromClient = [.. Bytes(clientShape, masked: true), .. FrameBytes.Close(1000, "done", masked: true)];
        byte[] fromBackend = [.. Bytes(backendShape, masked: false), .. FrameBytes.Close(1000, "done", masked: false)];
        relay.Start();
        Task client = relay.Client.SendAsync(fromClient).AsTask();
        Task backend = SendAndEndAsync(relay.Backend, fromBackend);
        await RelayHarness.Guard(Task.WhenAll(client, backend, relay.Client.ReadToEndAsync(), relay.Backend.ReadToEndAsync()));
        await relay.EndedAsync();

        Assert.Equal(fromClient, relay.Backend.Received);
        Assert.Equal(fromBackend, relay.Client.Received);
        await relay.AssertBuffersReturnedAsync();
    }

    [Fact]
    public async Task A_long_stream_through_refused_and_cut_sends_is_whole_and_the_faults_have_struck()
    {
        await using var relay = new RelayHarness(_driver);
        relay.Faults.Randomly(Percent, 7);
        relay.Start();
        byte[] stream = [.. Enumerable.Range(0, 400).SelectMany(i => FrameBytes.Build(2, Numbered(i), masked: false))];
        Task reader = relay.Client.ReadToEndAsync();
        long sent = 0;
        foreach (byte[] part in stream.Chunk(5000))
        {
            // One after the other, so that each is sent on by a call of its own.
            await relay.Backend.SendAsync(part);
            sent += part.Length;
            await RelayHarness.Until(() => relay.Client.In.Written == sent);
        }

        await relay.Backend.SendCloseAsync(1000, "");
        relay.Backend.Out.Complete();
        await RelayHarness.Guard(reader);

        Assert.Equal(stream, relay.Client.Received.Take(stream.Length));
        Assert.True(relay.Faults.Refused > 5 && relay.Faults.Cut > 5, $"{relay.Faults.Refused} refused, {relay.Faults.Cut} cut");
    }

    private static byte[] Numbered(int i)
    {
        byte[] payload = new byte[4096 + i];
        Array.Fill(payload, (byte)i);
        return payload;
    }

    private static byte[] Bytes(byte[] shape, bool masked)
    {
        return [.. FrameBytes.Traffic(shape.Length > 20 ? shape[..20] : shape, masked).SelectMany(f => f)];
    }

    private static async Task SendAndEndAsync(TestPeer peer, byte[] bytes)
    {
        await peer.SendAsync(bytes);
        peer.Out.Complete();
    }

    public sealed class OnSockets() : SocketRelayLaws(RelayDriver.Sockets);

    /// <summary>Below OpenSSL, which has half a record to send then.</summary>
    public sealed class OnSocketsWithTls() : SocketRelayLaws(RelayDriver.SocketsTls);

    /// <summary>As above, over streams.</summary>
    public sealed class OnStreamsWithTls() : SocketRelayLaws(RelayDriver.StreamsTls);
}
