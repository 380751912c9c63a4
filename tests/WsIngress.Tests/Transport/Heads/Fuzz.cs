using System.Globalization;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>How much the fuzz targets do: the same cases in every run, more or others by <c>WSINGRESS_FUZZ_CASES</c> and <c>SEED</c>.</summary>
internal static class Fuzz
{
    public static int Seed => Number("SEED") ?? 1;

    public static int Cases(int atLeast) => Math.Max(atLeast, Number("WSINGRESS_FUZZ_CASES") ?? 0);

    /// <summary>Changes one to three places of the bytes: another byte, one more, some less, some twice.</summary>
    public static byte[] Mutate(Random random, byte[] bytes, ReadOnlySpan<byte> special)
    {
        var list = bytes.ToList();
        for (var i = random.Next(1, 4); i > 0 && list.Count > 0; i--)
        {
            var at = random.Next(list.Count);
            var value = random.Next(2) == 0 ? special[random.Next(special.Length)] : (byte)random.Next(256);
            switch (random.Next(6))
            {
                case 0 or 1:
                    list[at] = value;
                    break;
                case 2:
                    list.Insert(at, value);
                    break;
                case 3:
                    list.RemoveRange(at, Math.Min(random.Next(1, 6), list.Count - at));
                    break;
                case 4:
                    list.InsertRange(at, list.GetRange(at, Math.Min(random.Next(1, 60), list.Count - at)));
                    break;
                default:
                    list.RemoveRange(at, random.Next(8) == 0 ? list.Count - at : 1);
                    break;
            }
        }

        return [.. list];
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
