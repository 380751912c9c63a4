using System.Text;
using System.Text.Json;

namespace WsIngress.Hosting;

/// <summary>A canonical table as lines for people: host, path, backend, endpoints, owner.</summary>
internal static class RoutesText
{
    private static readonly string[] Titles = ["HOST", "PATH", "MATCH", "BACKEND", "READY", "INGRESS"];

    public static string Write(JsonElement table)
    {
        var ready = table.GetProperty("backends").EnumerateArray().ToDictionary(b => b.GetProperty("key").GetString()!, Endpoints);
        var rows = new List<string[]> { Titles };
        foreach (var host in table.GetProperty("hosts").EnumerateArray())
        {
            var name = host.GetProperty("host").GetString() is { Length: > 0 } text ? text : "(any)";
            rows.AddRange(host.GetProperty("routes").EnumerateArray().Select(route => Row(name, route, ready)));
            if (host.TryGetProperty("default", out var fallback))
            {
                rows.Add(Row(name, fallback, ready, isDefault: true));
            }
        }

        if (table.TryGetProperty("default", out var last))
        {
            rows.Add(Row("(no other host)", last, ready, isDefault: true));
        }

        return Align(rows);
    }

    private static string Endpoints(JsonElement backend)
    {
        var all = backend.GetProperty("endpoints").EnumerateArray().ToArray();
        var eligible = all.Count(e => !e.TryGetProperty("ready", out _) && !e.TryGetProperty("terminating", out _));
        return $"{eligible}/{all.Length}";
    }

    private static string[] Row(string host, JsonElement route, Dictionary<string, string> ready, bool isDefault = false)
    {
        var (kind, path) = Path(route);
        var backends = route.GetProperty("backends").EnumerateArray().Select(b => b.GetProperty("key").GetString()!).ToArray();
        return
        [
            host,
            isDefault ? "(default)" : path,
            isDefault ? "" : kind,
            backends.Length == 0 ? "(none: 503)" : string.Join(",", backends),
            string.Join(",", backends.Select(b => ready.GetValueOrDefault(b, "0/0"))),
            route.GetProperty("owner").GetString()!,
        ];
    }

    private static (string Kind, string Path) Path(JsonElement route)
    {
        foreach (var kind in (string[])["exact", "prefix", "regex"])
        {
            if (route.TryGetProperty(kind, out var path))
            {
                return (kind, path.GetString()!);
            }
        }

        return ("", "");
    }

    private static string Align(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, Titles.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.AppendJoin("  ", row.Select((cell, column) => cell.PadRight(widths[column])));
            while (text[^1] == ' ')
            {
                text.Length--;
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
