namespace WsIngress.Translation;

/// <summary>Bounds what an author's text adds to a problem.</summary>
internal static class ProblemText
{
    public const int MaxValue = 200;

    public static string Clip(string? value, int most = MaxValue) =>
        value is null ? "" : value.Length <= most ? value : string.Concat(value.AsSpan(0, most), "…");
}
