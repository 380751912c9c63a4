using System.Security.Cryptography;

namespace WsIngress.Proxy.Http;

/// <summary>Random names of 128 bits in hexadecimal. Each thread draws for many at once: one draw costs OpenSSL 4 µs, whatever its size.</summary>
internal static class RandomHex
{
    private const int NameBytes = 16;
    private const int Names = 64;

    [ThreadStatic]
    private static byte[]? t_drawn;

    [ThreadStatic]
    private static int t_left;

    public static string Next()
    {
        var drawn = t_drawn ??= new byte[Names * NameBytes];
        if (t_left == 0)
        {
            RandomNumberGenerator.Fill(drawn);
            t_left = Names;
        }

        var name = drawn.AsSpan(--t_left * NameBytes, NameBytes);
        return Convert.ToHexStringLower(name);
    }
}
