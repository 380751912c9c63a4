using System.Globalization;

namespace WsIngress.Translation.Annotations;

/// <summary>Rates: <c>200</c> or <c>200/s</c> per second, <c>30/m</c> per minute; <c>0</c> says "as many as come".</summary>
internal static class RateText
{
    public const string Allowed = "a rate from `1/m` to `1000000/s`, such as `200/s` (or `200`), or `0` for no limit";

    private const int Most = 1_000_000;

    public static string Format(double perSecond) => perSecond == Math.Floor(perSecond) ? FormattableString.Invariant($"{perSecond:0}/s") : FormattableString.Invariant($"{perSecond * 60:0}/m");

    public static bool TryParse(string text, out double perSecond, out string error)
    {
        perSecond = 0;
        error = "is no rate";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var seconds = slash < 0 ? 1 : text.AsSpan(slash) switch
        {
            "/s" => 1,
            "/m" => 60,
            _ => 0,
        };
        if (seconds == 0)
        {
            error = "is a rate neither per second nor per minute";
            return false;
        }

        if (!int.TryParse(slash < 0 ? text : text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        error = count > Most ? $"is more than {Most}" : "";
        perSecond = count / (double)seconds;
        return error.Length == 0;
    }
}
