using System.Text;

namespace WsIngress.Tests.Relay.Support;

/// <summary>Builds frames for tests, valid or not, without the product's writer.</summary>
internal static class FrameBytes
{
    public static byte[] Build(int opcode, byte[] payload, bool masked, bool fin = true, int rsv = 0, uint key = 0xA1B2C3D4)
    {
        var bytes = new List<byte> { (byte)((fin ? 0x80 : 0) | (rsv << 4) | opcode) };
        int mask = masked ? 0x80 : 0;
        if (payload.Length < 126)
        {
            bytes.Add((byte)(mask | payload.Length));
        }
        else if (payload.Length < 65536)
        {
            bytes.AddRange([(byte)(mask | 126), (byte)(payload.Length >> 8), (byte)payload.Length]);
        }
        else
        {
            bytes.AddRange([(byte)(mask | 127), 0, 0, 0, 0]);
            bytes.AddRange([(byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length]);
        }

        byte[] keys = [(byte)(key >> 24), (byte)(key >> 16), (byte)(key >> 8), (byte)key];
        if (masked)
        {
            bytes.AddRange(keys);
        }

        for (int i = 0; i < payload.Length; i++)
        {
            bytes.Add(masked ? (byte)(payload[i] ^ keys[i % 4]) : payload[i]);
        }

        return [.. bytes];
    }

    public static byte[] Text(string text, bool masked)
    {
        return Build(1, Encoding.UTF8.GetBytes(text), masked);
    }

    public static byte[] Close(ushort code, string reason, bool masked)
    {
        return Build(8, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)], masked);
    }

    /// <summary>
    /// Valid traffic of one direction that the input's bytes decide: each byte is one frame, its kind in the upper half, its length in the
    /// lower. So a failing input shrinks by dropping bytes.
    /// </summary>
    public static List<byte[]> Traffic(byte[] shape, bool masked)
    {
        var frames = new List<byte[]>();
        bool inMessage = false;
        for (int i = 0; i < shape.Length; i++)
        {
            int kind = shape[i] >> 4 & 7;
            byte[] payload = Payload(kind is 5 or 6 ? shape[i] % 9 : shape[i] & 15, shape[i], i);
            uint key = (uint)(i * 0x9E3779B1);
            if (kind is 5 or 6)
            {
                frames.Add(Build(kind == 5 ? 9 : 10, payload, masked, key: key));
                continue;
            }

            bool fin = kind is not (2 or 3);
            int opcode = inMessage ? 0 : kind is 0 or 7 ? 1 : 2;
            frames.Add(Build(opcode, payload, masked, fin, rsv: kind == 7 && !inMessage ? 4 : 0, key));
            inMessage = !fin;
        }

        return frames;
    }

    private static byte[] Payload(int lengthClass, byte seed, int index)
    {
        int length = lengthClass switch
        {
            <= 2 => 0,
            <= 5 => seed % 60,
            <= 7 => 125,
            8 => 124,
            9 => 126,
            <= 12 => 300,
            13 => 65535,
            14 => 65536,
            _ => 70000 + seed,
        };
        var payload = new byte[length];
        for (int i = 0; i < length; i++)
        {
            payload[i] = (byte)((i * 31) + seed + index);
        }

        return payload;
    }
}
