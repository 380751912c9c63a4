using System.Globalization;

namespace WsIngress.Cli;

/// <summary>Durations as people write them: a whole number and <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>; at most 365 days. A bare <c>0</c> needs no unit.</summary>
internal static class DurationText
{
    public const string Allowed = "a whole number and ms, s, m or h, such as 500ms, 30s, 5m or 1h";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var digits = text.AsSpan().TrimEnd("mhs");
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var unit = text[digits.Length..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "" when number == 0 => TimeSpan.FromSeconds(1),
            _ => TimeSpan.Zero,
        };
        if (unit == TimeSpan.Zero || number > Longest / unit)
        {
            return false;
        }

        duration = unit * number;
        return true;
    }
}
