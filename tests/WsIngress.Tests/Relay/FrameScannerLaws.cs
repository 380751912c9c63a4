using FsCheck.Xunit;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>The input's bytes decide the frames and where they are cut, so that a failing input shrinks.</summary>
public sealed class FrameScannerLaws
{
    private static readonly FrameOpcode[] Opcodes = Enum.GetValues<FrameOpcode>();

    [Property(MaxTest = 300)]
    public void Any_cutting_gives_the_same_result_and_the_same_bytes(byte[] shape, byte[] cuts, bool masked, bool close)
    {
        List<byte[]> frames = FrameBytes.Traffic(shape, masked);
        if (close)
        {
            frames.Add(FrameBytes.Close(4321, "for a reason", masked));
            frames.Add(FrameBytes.Text("never released", masked));
        }

        byte[] bytes = [.. frames.SelectMany(f => f)];
        (FrameScanner whole, byte[] outWhole) = Run(bytes, [], masked);
        (FrameScanner cut, byte[] outCut) = Run(bytes, cuts, masked);

        Assert.Equal(outWhole, outCut);
        AssertSame(whole, cut);
        AssertAgreesWithTheIndependentParser(whole, outWhole);
        Assert.Equal(close ? new CloseStatus(4321, "for a reason") : null, whole.Close);
        Assert.Equal(bytes.Length - (close ? frames[^1].Length : 0), outWhole.Length);
    }

    [Property(MaxTest = 300)]
    public void Any_cutting_of_rubbish_gives_the_same_result(byte[] rubbish, byte[] shape, byte[] cuts, bool masked)
    {
        byte[] bytes = [.. FrameBytes.Traffic(shape, masked).SelectMany(f => f), .. rubbish];
        (FrameScanner whole, byte[] outWhole) = Run(bytes, [], masked);
        (FrameScanner cut, byte[] outCut) = Run(bytes, cuts, masked);

        Assert.Equal(outWhole, outCut);
        AssertSame(whole, cut);
        Assert.Equal(bytes[..outWhole.Length], outWhole);
    }

    /// <summary>Headers inside the traffic are changed too, not only what follows it: what is released before an error is whole.</summary>
    [Property(MaxTest = 1000)]
    public void Any_cutting_of_changed_traffic_gives_the_same_result(byte[] shape, byte[] cuts, (ushort At, byte Value)[] changes, bool masked)
    {
        byte[] bytes = [.. FrameBytes.Traffic(shape, masked).SelectMany(f => f)];
        foreach ((ushort at, byte value) in changes.Take(4))
        {
            if (bytes.Length > 0)
            {
                bytes[at % bytes.Length] = value;
            }
        }

        (FrameScanner whole, byte[] outWhole) = Run(bytes, [], masked);
        (FrameScanner cut, byte[] outCut) = Run(bytes, cuts, masked);

        Assert.Equal(outWhole, outCut);
        AssertSame(whole, cut);
        Assert.Equal(bytes[..outWhole.Length], outWhole);
        (List<ParsedFrame> frames, int rest) = IndependentParser.Parse(outWhole);
        Assert.Equal(whole.AtFrameBoundary, rest == 0);
        foreach (FrameOpcode opcode in Opcodes)
        {
            Assert.InRange(whole.Counters.Frames(opcode) - frames.Count(f => f.Opcode == (int)opcode), 0, rest == 0 ? 0 : 1);
        }
    }

    [Property(MaxTest = 300)]
    public void Each_told_boundary_is_one_and_it_is_the_last(byte[] shape, byte[] cuts, bool masked)
    {
        List<byte[]> frames = FrameBytes.Traffic(shape, masked);
        var boundaries = new SortedSet<int> { 0 };
        foreach (byte[] frame in frames)
        {
            boundaries.Add(boundaries.Max + frame.Length);
        }

        var scanner = new FrameScanner(masked);
        int taken = 0;
        foreach (byte[] chunk in Cut([.. frames.SelectMany(f => f)], cuts))
        {
            int runStart = taken - scanner.HeldLength;
            taken += chunk.Length;
            FrameScan scan = scanner.Scan(chunk);
            int last = boundaries.GetViewBetween(0, taken).Max;

            Assert.Equal(last >= runStart ? last - runStart : -1, scan.Boundary);
            Assert.Equal(boundaries.Contains(taken - scanner.HeldLength), scanner.AtFrameBoundary);
        }
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, byte[] cuts)
    {
        int at = 0;
        for (int i = 0; at < bytes.Length; i++)
        {
            // Long inputs are not cut into single bytes to their end: the cuts would take the whole time of the test.
            int size = cuts.Length == 0 ? bytes.Length : i < 2000 ? 1 + (cuts[i % cuts.Length] % 40) : 9000;
            int count = Math.Min(size, bytes.Length - at);
            yield return bytes[at..(at + count)];
            at += count;
        }
    }

    private static (FrameScanner Scanner, byte[] Released) Run(byte[] bytes, byte[] cuts, bool masked)
    {
        var scanner = new FrameScanner(masked);
        var released = new List<byte>();
        byte[] run = new byte[FrameScanner.MaxHeaderLength + bytes.Length];
        foreach (byte[] chunk in Cut(bytes, cuts))
        {
            int held = scanner.HeldLength;
            scanner.CopyHeldTo(run);
            chunk.CopyTo(run, held);
            FrameScan scan = scanner.Scan(chunk);
            released.AddRange(run.AsSpan(0, scan.Release));
        }

        return (scanner, [.. released]);
    }

    private static void AssertSame(FrameScanner expected, FrameScanner actual)
    {
        Assert.Equal(expected.Error, actual.Error);
        Assert.Equal(expected.Close, actual.Close);
        Assert.Equal(expected.AtFrameBoundary, actual.AtFrameBoundary);
        Assert.Equal(expected.AtMessageBoundary, actual.AtMessageBoundary);
        Assert.Equal(expected.RemainingInFrame, actual.RemainingInFrame);
        Assert.Equal(expected.Counters.Messages, actual.Counters.Messages);
        Assert.Equal(expected.Counters.WireBytes, actual.Counters.WireBytes);
        foreach (FrameOpcode opcode in Opcodes)
        {
            Assert.Equal(expected.Counters.Frames(opcode), actual.Counters.Frames(opcode));
        }
    }

    private static void AssertAgreesWithTheIndependentParser(FrameScanner scanner, byte[] released)
    {
        (List<ParsedFrame> frames, int rest) = IndependentParser.Parse(released);
        Assert.Equal(0, rest);
        Assert.Equal(released.Length, scanner.Counters.WireBytes);
        Assert.Equal(frames.Count(f => f.Fin && f.Opcode < 8), scanner.Counters.Messages);
        foreach (FrameOpcode opcode in Opcodes)
        {
            Assert.Equal(frames.Count(f => f.Opcode == (int)opcode), scanner.Counters.Frames(opcode));
        }
    }
}
