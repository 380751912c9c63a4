using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Telemetry;

namespace WsIngress.Admin;

/// <summary>The lines of a tap: <c>tap</c>, a <c>frame</c> for each, <c>end</c>.</summary>
internal static class TapJson
{
    private static readonly JsonEncodedText Close = JsonEncodedText.Encode("close");
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Begin(IBufferWriter<byte> output, SocketFacts socket, DateTimeOffset until, bool withPayload) => Line(output, "tap", json =>
    {
        json.WriteString("id", socket.Id);
        AccessLog.Origin(json, socket);
        json.WriteString("pod", socket.Pod);
        json.WriteString("podAddress", socket.PodAddress);
        json.WriteBoolean("payload", withPayload);
        json.WriteString("until", until.UtcDateTime.ToString("O"));
    });

    public static void Frame(IBufferWriter<byte> output, TappedFrame frame) => Line(output, "frame", json =>
    {
        json.WriteString("time", frame.At.UtcDateTime.ToString("O"));
        json.WriteString("from", Words.Of(frame.From));
        json.WriteString("to", Words.Of(frame.To));
        json.WriteString("opcode", Words.Kebab(frame.Opcode.ToString()));
        json.WriteBoolean("fin", frame.Fin);
        json.WriteNumber("rsv", frame.Rsv);
        json.WriteBoolean("masked", frame.Masked);
        json.WriteNumber("length", frame.Length);
        AccessLog.Close(json, Close, frame.Close);
        if (frame.Payload is { } payload)
        {
            json.WriteString("payload", Convert.ToHexStringLower(payload));
        }

        if (frame.DroppedBefore > 0)
        {
            json.WriteNumber("droppedBefore", frame.DroppedBefore);
        }
    });

    /// <summary>The outcome is there when the socket has ended, and not when the time was up.</summary>
    public static void End(IBufferWriter<byte> output, FrameTap tap) => Line(output, "end", json =>
    {
        json.WriteString("reason", tap.Report is null ? "time-is-up" : "socket-ended");
        json.WriteNumber("dropped", tap.Dropped);
        if (tap.Report is { } report)
        {
            json.WriteString("outcome", RelayOutcomes.Word(report.Outcome));
            json.WriteString("side", Words.Of(report.Side));
            AccessLog.Text(json, "detail", report.Detail);
        }
    });

    private static void Line(IBufferWriter<byte> output, string kind, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("event", kind);
            write(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
