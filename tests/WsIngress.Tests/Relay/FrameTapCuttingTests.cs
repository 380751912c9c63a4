using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>However the bytes are cut, a tap shows the frames that were sent; and what goes on is the same with and without it.</summary>
public sealed class FrameTapCuttingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_cutting_shows_the_same_frames(bool masked)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            byte[] shape = new byte[random.Next(1, 12)];
            random.NextBytes(shape);
            List<byte[]> frames = FrameBytes.Traffic(shape, masked);
            byte[] bytes = [.. frames.SelectMany(frame => frame)];
            var session = new RelaySession("s", RelayOptions.Default, TimeProvider.System);
            RelayDirection direction = masked ? session.ToBackend : session.ToClient;
            var tap = new FrameTap(withPayload: true, TimeProvider.System);
            int attachAt = random.Next(3) == 0 ? random.Next(bytes.Length) : 0;
            int from = 0;
            int boundary = 0;
            var passed = new List<byte>();
            while (from < bytes.Length)
            {
                if (from >= attachAt && session.TryAttach(tap))
                {
                    boundary = passed.Count;
                }

                int count = Math.Min(random.Next(1, random.Next(2) == 0 ? 4 : 9000), bytes.Length - from);
                byte[] buffer = new byte[RelayDirection.Headroom + count];
                bytes.AsSpan(from, count).CopyTo(buffer.AsSpan(RelayDirection.Headroom));
                Taken taken = direction.Take(buffer, count);
                passed.AddRange(buffer.AsSpan(taken.Start, taken.Length));
                from += count;
            }

            Assert.Equal(bytes, passed);
            if (session.TryAttach(tap))
            {
                boundary = passed.Count;
            }

            var expected = Expected(frames, boundary);
            var shown = new List<string>();
            while (tap.Frames.TryRead(out TappedFrame? frame))
            {
                shown.Add(Line((int)frame.Opcode, frame.Fin, frame.Rsv, frame.Length, frame.Payload!));
            }

            Assert.Equal(expected, shown);
        }
    }

    /// <summary>Those whose first byte had not gone on yet when the tap was attached.</summary>
    private static List<string> Expected(List<byte[]> frames, int boundary)
    {
        var lines = new List<string>();
        int at = 0;
        foreach (byte[] frame in frames)
        {
            if (at >= boundary)
            {
                ParsedFrame parsed = IndependentParser.Parse(frame).Frames.Single();
                lines.Add(Line(frame[0] & 15, (frame[0] & 0x80) != 0, frame[0] >> 4 & 7, parsed.Payload.Length, parsed.Payload[..Math.Min(FrameTap.MostPayload, parsed.Payload.Length)]));
            }

            at += frame.Length;
        }

        return lines;
    }

    private static string Line(int opcode, bool fin, int rsv, long length, byte[] payload)
    {
        return $"{opcode} {fin} {rsv} {length} {Convert.ToHexString(payload)}";
    }
}
