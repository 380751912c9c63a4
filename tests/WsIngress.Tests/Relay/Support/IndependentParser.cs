namespace WsIngress.Tests.Relay.Support;

/// <summary>
/// A second reading of RFC 6455 §5.2, byte by byte, that shares nothing with the product. What does not make up a whole frame is the rest.
/// </summary>
internal static class IndependentParser
{
    public static (List<ParsedFrame> Frames, int RestLength) Parse(IReadOnlyList<byte> bytes, int from = 0)
    {
        var frames = new List<ParsedFrame>();
        int at = from;
        while (true)
        {
            int p = at;
            if (bytes.Count - p < 2)
            {
                return (frames, bytes.Count - at);
            }

            int b0 = bytes[p++];
            int b1 = bytes[p++];
            long length = b1 & 127;
            int extra = length == 126 ? 2 : length == 127 ? 8 : 0;
            bool masked = b1 >= 128;
            if (bytes.Count - p < extra + (masked ? 4 : 0))
            {
                return (frames, bytes.Count - at);
            }

            if (extra > 0)
            {
                length = 0;
                for (int i = 0; i < extra; i++)
                {
                    length = (length * 256) + bytes[p++];
                }
            }

            var key = new byte[4];
            if (masked)
            {
                for (int i = 0; i < 4; i++)
                {
                    key[i] = bytes[p++];
                }
            }

            if (bytes.Count - p < length)
            {
                return (frames, bytes.Count - at);
            }

            var payload = new byte[length];
            for (int i = 0; i < length; i++)
            {
                payload[i] = (byte)(bytes[p++] ^ key[i % 4]);
            }

            frames.Add(new ParsedFrame(b0 >= 128, (b0 >> 4) & 7, b0 & 15, masked, payload));
            at = p;
        }
    }
}
