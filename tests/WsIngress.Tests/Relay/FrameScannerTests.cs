using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

public sealed class FrameScannerTests
{
    [Theory]
    [InlineData(0x83, 0x80, FrameError.ReservedOpcode)]
    [InlineData(0x87, 0x80, FrameError.ReservedOpcode)]
    [InlineData(0x8B, 0x80, FrameError.ReservedOpcode)]
    [InlineData(0x8F, 0x80, FrameError.ReservedOpcode)]
    [InlineData(0x09, 0x80, FrameError.FragmentedControl)]
    [InlineData(0x08, 0x80, FrameError.FragmentedControl)]
    [InlineData(0x8A, 0xFE, FrameError.LongControl)]
    [InlineData(0x89, 0xFF, FrameError.LongControl)]
    [InlineData(0x80, 0x80, FrameError.ContinuationWithoutStart)]
    [InlineData(0x81, 0x05, FrameError.MaskMissing)]
    public void A_frame_of_a_client_that_breaks_a_rule_is_refused_whole(byte first, byte second, FrameError error)
    {
        byte[] good = FrameBytes.Text("good", masked: true);
        var scanner = new FrameScanner(masked: true);
        FrameScan scan = scanner.Scan([.. good, first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

        Assert.Equal(new FrameScan(FrameScanStatus.ProtocolError, good.Length, good.Length), scan);
        Assert.Equal(error, scanner.Error);
        Assert.Equal(1, scanner.Counters.Messages);
        Assert.Equal(good.Length, scanner.Counters.WireBytes);
        Assert.Equal(0, scanner.Scan([1, 2, 3]).Release);
    }

    [Fact]
    public void A_masked_frame_of_a_server_is_refused()
    {
        var scanner = new FrameScanner(masked: false);
        FrameScan scan = scanner.Scan(FrameBytes.Text("x", masked: true));

        Assert.Equal(FrameScanStatus.ProtocolError, scan.Status);
        Assert.Equal(FrameError.MaskForbidden, scanner.Error);
    }

    [Theory]
    [InlineData(0x7F, FrameScanStatus.Ok, FrameError.None)]
    [InlineData(0x80, FrameScanStatus.ProtocolError, FrameError.HugeLength)]
    [InlineData(0xFF, FrameScanStatus.ProtocolError, FrameError.HugeLength)]
    public void A_64_bit_length_may_not_have_its_top_bit(byte top, FrameScanStatus status, FrameError error)
    {
        var scanner = new FrameScanner(masked: false);
        FrameScan scan = scanner.Scan([0x82, 127, top, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);

        Assert.Equal(status, scan.Status);
        Assert.Equal(error, scanner.Error);
    }

    [Fact]
    public void A_new_data_frame_inside_a_fragmented_message_is_refused()
    {
        var scanner = new FrameScanner(masked: false);
        byte[] start = FrameBytes.Build(1, [1, 2], masked: false, fin: false);
        FrameScan scan = scanner.Scan([.. start, .. FrameBytes.Text("x", masked: false)]);

        Assert.Equal(FrameError.StartInsideMessage, scanner.Error);
        Assert.Equal(start.Length, scan.Release);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void Reserved_bits_belong_to_extensions_and_pass(int rsv)
    {
        var scanner = new FrameScanner(masked: false);

        Assert.Equal(FrameScanStatus.Ok, scanner.Scan(FrameBytes.Build(1, [1], masked: false, rsv: rsv)).Status);
        Assert.Equal(1, scanner.Counters.Messages);
    }

    [Fact]
    public void Half_a_header_is_held_and_comes_out_with_its_other_half()
    {
        byte[] frame = FrameBytes.Build(2, new byte[300], masked: true);
        var scanner = new FrameScanner(masked: true);

        Assert.Equal(new FrameScan(FrameScanStatus.Ok, 0, 0), scanner.Scan(frame.AsSpan(0, 5)));
        Assert.True(scanner.AtFrameBoundary);
        Assert.Equal(5, scanner.HeldLength);
        byte[] held = new byte[5];
        scanner.CopyHeldTo(held);
        Assert.Equal(frame[..5], held);

        Assert.Equal(new FrameScan(FrameScanStatus.Ok, 10, 0), scanner.Scan(frame.AsSpan(5, 5)));
        Assert.False(scanner.AtFrameBoundary);
        Assert.Equal(298UL, scanner.RemainingInFrame);
        Assert.Equal(new FrameScan(FrameScanStatus.Ok, 298, 298), scanner.Scan(frame.AsSpan(10)));
    }

    [Fact]
    public void The_last_boundary_of_a_chunk_is_told()
    {
        byte[] whole = FrameBytes.Text("one", masked: false);
        byte[] open = FrameBytes.Build(2, new byte[50], masked: false);
        var scanner = new FrameScanner(masked: false);

        Assert.Equal(whole.Length * 2, scanner.Scan([.. whole, .. whole, .. open[..20]]).Boundary);
        Assert.Equal(-1, scanner.Scan(open.AsSpan(20, 10)).Boundary);
    }

    [Fact]
    public void Between_fragments_is_a_frame_boundary_and_not_a_message_boundary()
    {
        var scanner = new FrameScanner(masked: false);
        scanner.Scan(FrameBytes.Build(1, [1], masked: false, fin: false));
        Assert.True(scanner.AtFrameBoundary);
        Assert.False(scanner.AtMessageBoundary);
        scanner.Scan(FrameBytes.Build(9, [], masked: false));
        Assert.False(scanner.AtMessageBoundary);
        scanner.Scan(FrameBytes.Build(0, [2], masked: false));
        Assert.True(scanner.AtMessageBoundary);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_scan_stops_exactly_behind_a_Close_and_keeps_its_words(bool masked)
    {
        string reason = new('é', 61);
        byte[] close = FrameBytes.Close(4999, reason, masked);
        var scanner = new FrameScanner(masked);
        FrameScan scan = scanner.Scan([.. close, 0x81, 0x81]);

        Assert.Equal(new FrameScan(FrameScanStatus.Close, close.Length, close.Length), scan);
        Assert.Equal(new CloseStatus(4999, reason), scanner.Close);
        Assert.Equal(0, scanner.Scan(FrameBytes.Text("late", masked)).Release);
    }

    [Fact]
    public void A_Close_may_be_empty()
    {
        var scanner = new FrameScanner(masked: false);

        Assert.Equal(FrameScanStatus.Close, scanner.Scan([0x88, 0]).Status);
        Assert.Equal(new CloseStatus(null, ""), scanner.Close);
    }

    [Fact]
    public void Scanning_allocates_nothing()
    {
        byte[] traffic = [.. FrameBytes.Traffic([0x03, 0x26, 0x51, 0x41, 0x0D, 0x6A], masked: true).SelectMany(f => f)];
        var scanner = new FrameScanner(masked: true);
        Scan(ref scanner, traffic);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Scan(ref scanner, traffic);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(3 * 1001, scanner.Counters.Messages);
    }

    private static void Scan(ref FrameScanner scanner, ReadOnlySpan<byte> traffic)
    {
        while (!traffic.IsEmpty)
        {
            int count = Math.Min(traffic.Length, 1000);
            scanner.Scan(traffic[..count]);
            traffic = traffic[count..];
        }
    }
}
