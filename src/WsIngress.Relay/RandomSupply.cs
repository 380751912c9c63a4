using System.Security.Cryptography;

namespace WsIngress.Relay;

/// <summary>
/// Random bytes of the system's generator, none given twice. Each thread draws for many at once: one draw costs OpenSSL 4 µs, whatever its size. Not for
/// keys that must not lie in memory before their use.
/// </summary>
public static class RandomSupply
{
    private const int DrawnAtOnce = 1024;

    [ThreadStatic]
    private static byte[]? t_drawn;

    [ThreadStatic]
    private static int t_left;

    /// <param name="bytes">At most 1,024.</param>
    public static void Fill(Span<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, DrawnAtOnce);
        byte[] drawn = t_drawn ??= new byte[DrawnAtOnce];
        if (t_left < bytes.Length)
        {
            RandomNumberGenerator.Fill(drawn);
            t_left = DrawnAtOnce;
        }

        t_left -= bytes.Length;
        drawn.AsSpan(t_left, bytes.Length).CopyTo(bytes);
    }
}
