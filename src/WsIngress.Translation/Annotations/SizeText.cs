namespace WsIngress.Translation.Annotations;

/// <summary>Sizes in bytes: <c>65536</c>, <c>64Ki</c>, <c>1Mi</c>, <c>2Gi</c>; <c>0</c> says "no limit". At most 1,024 Gi.</summary>
internal static class SizeText
{
    private const long Most = 1L << 40;

    public static bool TryParse(string text, out long value, out string error)
    {
        value = 0;
        var (digits, factor) = text switch
        {
            _ when text.EndsWith("Ki", StringComparison.Ordinal) => (text[..^2], 1L << 10),
            _ when text.EndsWith("Mi", StringComparison.Ordinal) => (text[..^2], 1L << 20),
            _ when text.EndsWith("Gi", StringComparison.Ordinal) => (text[..^2], 1L << 30),
            _ => (text, 1L),
        };
        error = "is no size";
        if (digits.Length is 0 or > 13)
        {
            return false;
        }

        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        var number = long.Parse(digits);
        if (number > Most / factor)
        {
            error = "is larger than 1024Gi";
            return false;
        }

        value = number * factor;
        error = "";
        return true;
    }

    public static string Format(long bytes) => bytes switch
    {
        0 => "0",
        _ when bytes % (1L << 30) == 0 => $"{bytes >> 30}Gi",
        _ when bytes % (1L << 20) == 0 => $"{bytes >> 20}Mi",
        _ when bytes % (1L << 10) == 0 => $"{bytes >> 10}Ki",
        _ => bytes.ToString(),
    };
}
