using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WsIngress.Hosting;

/// <summary>What is in force for each route as a table for people: limits always, everything else where somebody set it.</summary>
internal static class EffectiveText
{
    public static string Write(JsonElement routes)
    {
        var text = new StringBuilder();
        var count = 0;
        foreach (var route in routes.EnumerateArray())
        {
            text.Append(count++ == 0 ? "" : "\n").Append(Head(route)).Append('\n');
            if (Of(route, "closedBecause") is { Length: > 0 } closed)
            {
                text.Append("  answers 503: ").Append(closed).Append('\n');
            }

            string[][] rows = [.. route.GetProperty("settings").EnumerateArray().Where(IsShown).Select(setting => new[] { Of(setting, "name"), Of(setting, "value"), From(setting) })];
            int[] widths = [.. Enumerable.Range(0, 2).Select(column => rows.Length == 0 ? 0 : rows.Max(row => row[column].Length))];
            foreach (var row in rows)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {row[0].PadRight(widths[0])}  {row[1].PadRight(widths[1])}  {row[2]}\n");
            }
        }

        return count == 0 ? "no such route\n" : text.ToString();
    }

    private static string Head(JsonElement route)
    {
        var host = Of(route, "host") is { Length: > 0 } name ? name : "(any host)";
        var path = Of(route, "match") == "default" ? "(default)" : $"{Of(route, "path")} ({Of(route, "match")})";
        return $"{host} {path} of Ingress {Of(route, "ingress")}, to {(Of(route, "backend") is { Length: > 0 } backend ? backend : "no backend (503)")}";
    }

    private static bool IsShown(JsonElement setting) => setting.GetProperty("isLimit").GetBoolean() || Of(setting, "source") != "built-in-default" || setting.TryGetProperty("refused", out _);

    private static string From(JsonElement setting)
    {
        var source = Of(setting, "source") switch
        {
            "built-in-default" => "built-in default",
            "operator-default" => "default of the operator",
            _ => $"{Of(setting, "annotation")} of {Of(setting, "object")}",
        };
        return setting.TryGetProperty("refused", out var refused)
            ? source + string.Concat(refused.EnumerateArray().Select(one => $"; '{Of(one, "value")}' of {Of(one, "object")} cannot be used"))
            : source;
    }

    private static string Of(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? ConnectionsText.Plain(value.ToString()) : "";
}
