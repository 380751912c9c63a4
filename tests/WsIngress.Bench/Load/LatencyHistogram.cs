using System.Numerics;

namespace WsIngress.Bench.Load;

/// <summary>Counts of times in buckets that are at most 1/64 wide of their value, from 1 ns on; adding is a few instructions.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int Sub = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits + 1) * Sub];
    private long _total;

    public void Add(long nanoseconds)
    {
        var value = (ulong)Math.Max(0, nanoseconds);
        var shift = Math.Max(0, BitOperations.Log2(value | 1) - SubBits);
        _counts[(shift * Sub) + (int)(value >> shift)]++;
        _total++;
    }

    /// <summary>The middle of the bucket that holds the share's value, in microseconds; 0 when nothing was added.</summary>
    public double Microseconds(double share)
    {
        var wanted = (long)Math.Ceiling(_total * share);
        for (long i = 0, seen = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (_counts[i] > 0 && seen >= wanted)
            {
                var shift = Math.Max(0, (int)(i >> SubBits) - 1);
                return ((i - ((long)shift * Sub)) + 0.5) * Math.Pow(2, shift) / 1000;
            }
        }

        return 0;
    }
}
