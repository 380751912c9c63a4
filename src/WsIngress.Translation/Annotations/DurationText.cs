using System.Text;

namespace WsIngress.Translation.Annotations;

/// <summary>Durations as <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c> or <c>1h30m</c>: units from large to small, each at most once, whole numbers.</summary>
internal static class DurationText
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private static readonly (string Unit, long Milliseconds)[] Units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>A parser with bounds in which, where <paramref name="zero"/> is true, <c>0</c> says "none".</summary>
    public static ValueParser<TimeSpan> Between(TimeSpan least, TimeSpan most, bool zero)
    {
        return Parse;

        bool Parse(string text, out TimeSpan value, out string error)
        {
            if (text is "0")
            {
                value = TimeSpan.Zero;
                error = zero ? "" : "may not be 0";
                return zero;
            }

            if (!TryRead(text, out value, out error))
            {
                return false;
            }

            if (value == TimeSpan.Zero && zero)
            {
                return true;
            }

            error = value < least ? $"is shorter than {Format(least)}" : value > most ? $"is longer than {Format(most)}" : "";
            return error.Length == 0;
        }
    }

    /// <summary>The shortest text that <see cref="Between"/> reads back.</summary>
    public static string Format(TimeSpan value)
    {
        var rest = (long)value.TotalMilliseconds;
        var text = new StringBuilder();
        foreach (var (unit, size) in Units)
        {
            if (rest >= size)
            {
                text.Append(rest / size).Append(unit);
                rest %= size;
            }
        }

        return text.Length == 0 ? "0" : text.ToString();
    }

    private static bool TryRead(string text, out TimeSpan value, out string error)
    {
        value = TimeSpan.Zero;
        error = "is no duration";
        var next = 0;
        long total = 0;
        var i = 0;
        while (i < text.Length)
        {
            var start = i;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
            {
                i++;
            }

            var digits = text.AsSpan(start, i - start);
            var unitStart = i;
            while (i < text.Length && char.IsAsciiLetterLower(text[i]))
            {
                i++;
            }

            var unit = IndexOf(text.AsSpan(unitStart, i - unitStart), next);
            if (digits.Length is 0 or > 12 || unit < 0)
            {
                error = unitStart == text.Length && digits.Length > 0 ? "has no unit" : error;
                return false;
            }

            next = unit + 1;
            total += long.Parse(digits) * Units[unit].Milliseconds;
        }

        // Twelve digits of hours are past what a TimeSpan holds; anything past the longest says so in the caller.
        value = TimeSpan.FromMilliseconds(Math.Min(total, (long)Longest.TotalMilliseconds + 1));
        error = text.Length == 0 ? "is empty" : "";
        return text.Length > 0;
    }

    private static int IndexOf(ReadOnlySpan<char> unit, int from)
    {
        for (var i = from; i < Units.Length; i++)
        {
            if (unit.SequenceEqual(Units[i].Unit))
            {
                return i;
            }
        }

        return -1;
    }
}
