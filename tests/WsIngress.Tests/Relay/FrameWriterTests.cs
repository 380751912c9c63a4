using FsCheck.Xunit;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

public sealed class FrameWriterTests
{
    [Property]
    public void A_written_Close_parses_as_one_whole_frame(ushort code, string? reason, bool masked, uint mask)
    {
        byte[] frame = new byte[FrameWriter.MaxFrameLength];
        int length = new FrameWriter(() => mask).WriteClose(frame, masked, new CloseStatus(code, reason ?? ""));
        (List<ParsedFrame> frames, int rest) = IndependentParser.Parse(frame[..length]);

        ParsedFrame close = Assert.Single(frames);
        Assert.Equal(0, rest);
        Assert.True(close.IsClose && close.Fin);
        Assert.Equal(0, close.Rsv);
        Assert.Equal(masked, close.Masked);
        Assert.Equal(code, close.CloseCode);
        Assert.InRange(close.Payload.Length, 2, 125);
    }

    [Fact]
    public void A_long_reason_is_cut_between_characters()
    {
        byte[] frame = new byte[FrameWriter.MaxFrameLength];
        int length = FrameWriter.Default.WriteClose(frame, masked: false, new CloseStatus(1001, new string('€', 60)));
        ParsedFrame close = Assert.Single(IndependentParser.Parse(frame[..length]).Frames);

        Assert.Equal(new string('€', 41), close.CloseReason);
    }

    [Fact]
    public void A_Close_without_code_has_no_body()
    {
        byte[] frame = new byte[FrameWriter.MaxFrameLength];

        Assert.Equal(2, FrameWriter.Default.WriteClose(frame, masked: false, new CloseStatus(null, "")));
        Assert.Equal([0x88, 0x00], frame[..2]);
    }

    [Property]
    public void Pings_and_Pongs_carry_their_payload(byte[] payload, bool masked)
    {
        payload = payload.Length > 125 ? payload[..125] : payload;
        byte[] bytes = new byte[2 * FrameWriter.MaxFrameLength];
        int ping = FrameWriter.Default.WritePing(bytes, masked, payload);
        int pong = FrameWriter.Default.WritePong(bytes.AsSpan(ping), masked, payload);
        (List<ParsedFrame> frames, int rest) = IndependentParser.Parse(bytes[..(ping + pong)]);

        Assert.Equal(0, rest);
        Assert.Equal([9, 10], frames.Select(f => f.Opcode));
        Assert.All(frames, f => Assert.Equal(payload, f.Payload));
    }

    [Fact]
    public void A_control_frame_above_125_bytes_is_not_written()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameWriter.Default.WritePing(new byte[300], masked: true, new byte[126]));
    }

    [Fact]
    public void Masks_of_the_default_writer_differ()
    {
        var masks = new HashSet<string>();
        byte[] frame = new byte[FrameWriter.MaxFrameLength];
        for (int i = 0; i < 50; i++)
        {
            FrameWriter.Default.WritePing(frame, masked: true, []);
            masks.Add(Convert.ToHexString(frame, 2, 4));
        }

        Assert.True(masks.Count > 45, "masks repeat");
    }
}
