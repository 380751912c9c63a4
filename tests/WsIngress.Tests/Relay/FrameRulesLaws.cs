using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>A direction whose frames are judged one by one, without I/O, cut in every way.</summary>
public sealed class FrameRulesLaws
{
    private static readonly KeepAliveRules Pings = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));

    private readonly FakeTimeProvider _time = new();

    /// <summary>Whatever the frames and the cuts: the sink gets what was sent, byte for byte, but for the answers to our own Pings.</summary>
    [Property(MaxTest = 300)]
    public void Only_the_answers_to_our_own_Pings_are_taken_out(byte[] shape, byte[] cuts, byte[] places, bool fromBackend)
    {
        var session = new RelaySession("s", new RelayOptions { ClientPings = Pings, BackendPings = Pings, FromClient = new MessageRules { MaxSize = long.MaxValue } }, _time);
        (RelayDirection direction, RelayDirection back) = fromBackend ? (session.ToClient, session.ToBackend) : (session.ToBackend, session.ToClient);
        bool masked = !fromBackend;
        byte[] mark = Mark(session, back);
        byte[] pong = FrameBytes.Build(10, mark, masked, key: 0xDEADBEEF);
        byte[] other = [.. mark];
        other[7] ^= 1;
        List<byte[]> frames = FrameBytes.Traffic(shape, masked);
        var sent = new List<byte>();
        var expected = new List<byte>();
        for (int i = 0; i < frames.Count; i++)
        {
            if (places.Length > 0 && places[i % places.Length] % 3 == 0)
            {
                sent.AddRange(pong);
                byte[] stranger = FrameBytes.Build(10, other, masked, key: (uint)i);
                sent.AddRange(stranger);
                expected.AddRange(stranger);
            }

            sent.AddRange(frames[i]);
            expected.AddRange(frames[i]);
        }

        var got = new List<byte>();
        int at = 0;
        for (int i = 0; at < sent.Count; i++)
        {
            int length = Math.Min(sent.Count - at, cuts.Length == 0 ? sent.Count : 1 + (cuts[i % cuts.Length] % 61));
            Move(direction, [.. sent.GetRange(at, length)], got, pings: null);
            at += length;
        }

        Assert.True(expected.SequenceEqual(got));
        Assert.Equal(expected.Count, direction.Counters.WireBytes);
        Assert.Equal(IndependentParser.Parse(expected, 0).Frames.Count(f => f.Opcode == 10), direction.Counters.Frames(FrameOpcode.Pong));
        Assert.Null(session.Outcome);
    }

    /// <summary>A Ping that is due goes out at the first boundary that comes, and nowhere else, though it lies in the middle of what was read.</summary>
    [Property(MaxTest = 300)]
    public void A_Ping_goes_out_at_the_first_boundary(byte[] shape, int cut, bool fromBackend)
    {
        var session = new RelaySession("s", new RelayOptions { ClientPings = Pings, BackendPings = Pings }, _time);
        RelayDirection direction = fromBackend ? session.ToClient : session.ToBackend;
        byte[] traffic = [.. FrameBytes.Traffic([0x15, .. shape], !fromBackend).SelectMany(f => f)];
        int at = (int)((uint)cut % (uint)traffic.Length);
        var got = new List<byte>();
        int pings = 0;
        Move(direction, traffic[..at], got, () => pings++);
        Assert.Equal(0, pings);
        _time.Advance(TimeSpan.FromSeconds(11));
        session.Check(_time.GetTimestamp());
        Move(direction, traffic[at..], got, () => pings++);
        Assert.Equal(1, pings);
        Assert.True(traffic.SequenceEqual(got));
    }

    private byte[] Mark(RelaySession session, RelayDirection direction)
    {
        _time.Advance(TimeSpan.FromSeconds(11));
        session.Check(_time.GetTimestamp());
        Assert.True(direction.IsPingDue);
        Span<byte> ping = stackalloc byte[FrameWriter.MaxFrameLength];
        int length = direction.WritePing(ping);
        return Assert.Single(IndependentParser.Parse(ping[..length].ToArray(), 0).Frames).Payload;
    }

    private static void Move(RelayDirection direction, byte[] chunk, List<byte> sent, Action? pings)
    {
        byte[] buffer = new byte[RelayDirection.Headroom + chunk.Length];
        chunk.CopyTo(buffer, RelayDirection.Headroom);
        int count = chunk.Length;
        do
        {
            Taken taken = direction.Take(buffer, count);
            sent.AddRange(buffer.AsSpan(taken.Start, taken.Length));
            if (direction.IsPingDue)
            {
                Assert.Equal(0, IndependentParser.Parse(sent, 0).RestLength);
                direction.WritePing(new byte[FrameWriter.MaxFrameLength]);
                pings?.Invoke();
            }

            buffer.AsSpan(RelayDirection.Headroom + count - taken.Rest, taken.Rest).CopyTo(buffer.AsSpan(RelayDirection.Headroom));
            count = taken.Rest;
        }
        while (count > 0);
    }
}
