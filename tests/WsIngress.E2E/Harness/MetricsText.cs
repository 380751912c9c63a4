using System.Globalization;

namespace WsIngress.E2E.Harness;

/// <summary>A page of metrics.</summary>
internal static class MetricsText
{
    /// <summary>The sum over all series of a metric that have all of these labels, such as <c>reason="expired"</c>.</summary>
    public static double Sum(string page, string metric, params string[] labels) => page.Split('\n')
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
