using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WsIngress.Hosting;

/// <summary>A line of a tap for people.</summary>
internal static class TapText
{
    private const string Indent = "              ";

    public static string Of(string line)
    {
        using var document = JsonDocument.Parse(line);
        var json = document.RootElement;
        return Word(json, "event") switch
        {
            "tap" => $"{Word(json, "client")} to {Word(json, "host")}{Word(json, "path")}, pod {(Word(json, "pod") is { Length: > 0 } pod ? pod : Word(json, "podAddress"))}, until {Time(Word(json, "until"))}\n",
            "frame" => Frame(json),
            _ => End(json),
        };
    }

    private static string Frame(JsonElement json)
    {
        var rsv = json.GetProperty("rsv").GetInt32();
        var flags = $"{(json.GetProperty("fin").GetBoolean() ? "FIN" : "   ")} {((rsv & 4) != 0 ? "RSV1" : (rsv & 3) != 0 ? "RSV" : "    ")} {(json.GetProperty("masked").GetBoolean() ? "masked" : "      ")}";
        var text = new StringBuilder();
        if (json.TryGetProperty("droppedBefore", out var dropped))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Indent}{dropped.GetInt64()} frames are not shown: this reader was too slow\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{Time(Word(json, "time"))}  {Word(json, "from") + ">" + Word(json, "to"),-15}  {Word(json, "opcode"),-12}  {flags}  {json.GetProperty("length").GetInt64()} B");
        if (json.TryGetProperty("close", out var close))
        {
            text.Append("  ").Append($"{(close.TryGetProperty("code", out var code) ? code.ToString() : "no code")} {Word(close, "reason")}".TrimEnd());
        }

        text.Append('\n');
        if (json.TryGetProperty("payload", out var payload) && payload.GetString() is { Length: > 0 } hex)
        {
            Payload(text, Convert.FromHexString(hex));
        }

        return text.ToString();
    }

    /// <summary>Sixteen bytes a line, in hex and as ASCII.</summary>
    private static void Payload(StringBuilder text, byte[] bytes)
    {
        foreach (var row in bytes.Chunk(16))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Indent}{string.Join(' ', row.Select(b => b.ToString("x2", CultureInfo.InvariantCulture))),-47}  ");
            text.Append([.. row.Select(b => b is >= 0x20 and < 0x7f ? (char)b : '.')]).Append('\n');
        }
    }

    private static string End(JsonElement json)
    {
        var dropped = json.GetProperty("dropped").GetInt64();
        var why = Word(json, "reason") == "socket-ended" ? $"the socket ended: {Word(json, "outcome")} ({Word(json, "side")}) {Word(json, "detail")}".TrimEnd() : "the time is up";
        return $"{why}{(dropped == 0 ? "" : $"; {dropped} frames were not shown")}\n";
    }

    private static string Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static string Word(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? ConnectionsText.Plain(value.ToString()) : "";
}
