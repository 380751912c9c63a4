using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>One direction without I/O, so that no driver's timing can hide or help.</summary>
public sealed class RelayDirectionTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>
    /// A peer may answer our Close before the other side was sent ours. The answer then stands in the bytes of the other side's direction, and
    /// must not take the place of ours.
    /// </summary>
    [Property(MaxTest = 200)]
    public void A_peers_answer_never_takes_the_place_of_our_own_Close(byte[] shape, int cut, bool fromBackend, bool inOneChunk)
    {
        var session = new RelaySession("s", RelayOptions.Default, _time);
        RelayDirection direction = fromBackend ? session.ToClient : session.ToBackend;
        bool masked = !fromBackend;
        byte[] traffic = [.. FrameBytes.Traffic(shape, masked).SelectMany(f => f)];
        int at = traffic.Length == 0 ? 0 : (int)((uint)cut % (uint)(traffic.Length + 1));
        var sent = new List<byte>();
        Move(direction, traffic[..at], sent);

        Assert.True(session.RequestEnd(RelayOutcome.RouteRemoved, 4404));
        byte[] answer = FrameBytes.Close(1001, "route-removed", masked);
        byte[][] chunks = inOneChunk ? [[.. traffic[at..], .. answer]] : [traffic[at..], answer];
        foreach (byte[] chunk in chunks)
        {
            Move(direction, chunk, sent);
        }

        Close(direction, sent);
        (List<ParsedFrame> frames, int rest) = IndependentParser.Parse(sent, 0);
        Assert.Equal(0, rest);
        ParsedFrame close = Assert.Single(frames, f => f.IsClose);
        Assert.Same(frames[^1], close);
        Assert.Equal(((ushort)(fromBackend ? 4404 : 1001), "route-removed"), (close.CloseCode, close.CloseReason));
        Assert.Equal(RelayOutcome.RouteRemoved, session.Outcome);
        Assert.Equal(new CloseStatus(1001, "route-removed"), direction.CloseFromSource);
        Assert.True(direction.Settled);
    }

    private static void Move(RelayDirection direction, byte[] chunk, List<byte> sent)
    {
        byte[] buffer = new byte[RelayDirection.Headroom + chunk.Length];
        chunk.CopyTo(buffer, RelayDirection.Headroom);
        (int start, int length, _) = direction.Take(buffer, chunk.Length);
        sent.AddRange(buffer.AsSpan(start, length));
        if (length > 0)
        {
            direction.Written();
        }
    }

    /// <summary>What the driver does after the last chunk: the latest moment at which our Close may go out.</summary>
    private static void Close(RelayDirection direction, List<byte> sent)
    {
        if (direction.IsCloseDue)
        {
            byte[] frame = new byte[FrameWriter.MaxFrameLength];
            sent.AddRange(frame.AsSpan(0, direction.WriteClose(frame)));
            direction.Written();
        }
    }
}
