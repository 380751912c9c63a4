using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WsIngress.Client;

/// <summary>One JSON object per line and event: open, refused, error, ping, sent, message, close. Times in milliseconds, binary payloads in base64.</summary>
internal sealed class JsonReport(Stream output) : IConnectReport
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();

    public void Opened(Handshake handshake) => Write("open", json => WriteHandshake(json, handshake));

    public void Refused(Handshake handshake) => Write("refused", json =>
    {
        WriteHandshake(json, handshake);
        json.WriteString("body", handshake.Body);
    });

    public void Failed(string message) => Write("error", json => json.WriteString("message", message));

    public void Pinged(TimeSpan? roundTrip) => Write("ping", json => WriteTime(json, "roundTripMs", roundTrip));

    public void Sent(WebSocketMessageType type, ReadOnlyMemory<byte> payload) => Write("sent", json =>
    {
        json.WriteString("type", Name(type));
        json.WriteNumber("bytes", payload.Length);
    });

    public void Received(WebSocketMessageType type, ReadOnlyMemory<byte> payload, TimeSpan? roundTrip) => Write("message", json =>
    {
        json.WriteString("type", Name(type));
        json.WriteNumber("bytes", payload.Length);
        if (type == WebSocketMessageType.Text)
        {
            json.WriteString("text", Encoding.UTF8.GetString(payload.Span));
        }
        else
        {
            json.WriteBase64String("base64", payload.Span);
        }

        WriteTime(json, "roundTripMs", roundTrip);
    });

    public void Closed(int code, string reason, string by, int sent, int received) => Write("close", json =>
    {
        json.WriteNumber("code", code);
        json.WriteString("reason", reason);
        json.WriteString("by", by);
        json.WriteNumber("sent", sent);
        json.WriteNumber("received", received);
    });

    private static void WriteHandshake(Utf8JsonWriter json, Handshake handshake)
    {
        json.WriteString("url", handshake.Url);
        json.WriteString("httpVersion", handshake.HttpVersion.ToString());
        json.WriteNumber("status", handshake.Status);
        json.WriteString("pod", handshake.Pod);
        json.WriteString("subprotocol", handshake.Subprotocol);
        WriteTime(json, "connectMs", handshake.Connected);
        WriteTime(json, "handshakeMs", handshake.Answered);
        json.WriteStartObject("headers");
        foreach (var name in handshake.Headers.GroupBy(h => h.Key, StringComparer.OrdinalIgnoreCase))
        {
            json.WriteString(name.Key, string.Join(", ", name.Select(h => h.Value)));
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } known)
        {
            json.WriteNumber(name, Math.Round(known.TotalMilliseconds, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Name(WebSocketMessageType type) => type == WebSocketMessageType.Text ? "text" : "binary";

    private void Write(string name, Action<Utf8JsonWriter> members)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            members(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        // Sending and receiving report from two tasks; a line stays whole.
        lock (_gate)
        {
            output.Write(line.WrittenSpan);
            output.Flush();
        }
    }
}
