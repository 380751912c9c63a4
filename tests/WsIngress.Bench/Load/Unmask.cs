using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WsIngress.Bench.Load;

/// <summary>The mask of RFC 6455 §5.3, a vector at a time.</summary>
internal static class Unmask
{
    /// <summary>The mask is its four bytes as they stand, in this machine's order.</summary>
    public static void Apply(Span<byte> payload, uint mask)
    {
        if (mask == 0)
        {
            return;
        }

        var vectors = MemoryMarshal.Cast<byte, Vector<uint>>(payload);
        var wide = new Vector<uint>(mask);
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] ^= wide;
        }

        var rest = payload[(vectors.Length * Unsafe.SizeOf<Vector<uint>>())..];
        for (var i = 0; i < rest.Length; i++)
        {
            rest[i] ^= (byte)(mask >> (8 * (i & 3)));
        }
    }
}
