using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WsIngress.Hosting;

/// <summary>Sockets as a table for people.</summary>
internal static class ConnectionsText
{
    private static readonly (string Head, Func<JsonElement, string> Cell)[] Columns =
    [
        ("ID", c => Of(c, "id")),
        ("AGE", c => Span(c, "ageSeconds")),
        ("IDLE", c => Span(c, "idleSeconds")),
        ("CLIENT", c => Of(c, "client")),
        ("HOST", c => Of(c, "host")),
        ("PATH", c => Of(c, "path")),
        ("INGRESS", c => $"{Of(c, "namespace")}/{Of(c, "ingress")}"),
        ("POD", c => Of(c, "pod") is { Length: > 0 } pod ? pod : Of(c, "podAddress")),
        ("IN", c => Traffic(c, "fromClient")),
        ("OUT", c => Traffic(c, "fromBackend")),
        ("END", c => Of(c, "outcome") is { Length: > 0 } outcome ? $"{outcome} ({Of(c, "side")})" : Of(c, "ending")),
    ];

    public static string Write(JsonElement connections)
    {
        string[][] rows = [[.. Columns.Select(c => c.Head)], .. connections.EnumerateArray().Select(one => Columns.Select(c => c.Cell(one)).ToArray())];
        int[] widths = [.. Enumerable.Range(0, Columns.Length).Select(i => rows.Max(row => row[i].Length))];
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd()).Append('\n');
        }

        return text.Append(CultureInfo.InvariantCulture, $"{rows.Length - 1} sockets\n").ToString();
    }

    private static string Of(JsonElement connection, string name) => connection.TryGetProperty(name, out var value) ? Plain(value.ToString()) : "";

    /// <summary>Hosts and paths are the client's own words: what would steer a terminal is not printed.</summary>
    internal static string Plain(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c)) : text;

    private static string Traffic(JsonElement connection, string name) =>
        connection.TryGetProperty(name, out var side) ? $"{side.GetProperty("messages").GetInt64()} / {Bytes(side.GetProperty("bytes").GetInt64())}" : "";

    private static string Bytes(long bytes) => bytes switch
    {
        < 10_000 => $"{bytes} B",
        < 10_000_000 => $"{bytes >> 10} KiB",
        _ => $"{bytes >> 20} MiB",
    };

    private static string Span(JsonElement connection, string name)
    {
        if (!connection.TryGetProperty(name, out var value))
        {
            return "";
        }

        var span = TimeSpan.FromSeconds(value.GetDouble());
        return span.TotalMinutes < 1 ? $"{(int)span.TotalSeconds}s" : span.TotalHours < 1 ? $"{(int)span.TotalMinutes}m{span.Seconds}s" : span.TotalDays < 1 ? $"{(int)span.TotalHours}h{span.Minutes}m" : $"{(int)span.TotalDays}d{span.Hours}h";
    }
}
