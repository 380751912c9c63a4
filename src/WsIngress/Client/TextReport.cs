using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace WsIngress.Client;

/// <summary>Received messages alone on <paramref name="output"/>, so that they can be piped; everything else on <paramref name="notes"/>.</summary>
internal sealed class TextReport(Stream output, TextWriter notes, bool binary) : IConnectReport
{
    private const int BytesShown = 32;

    private readonly List<TimeSpan> _roundTrips = [];

    public void Opened(Handshake handshake)
    {
        notes.WriteLine($"connected to {handshake.Url} in {Milliseconds(handshake.Answered)} (TCP {Milliseconds(handshake.Connected)})");
        WriteHead(handshake);
        if (handshake.Subprotocol is { } subprotocol)
        {
            notes.WriteLine($"subprotocol: {subprotocol}");
        }

        if (handshake.Pod is { } pod)
        {
            notes.WriteLine($"answered by: {pod}");
        }
    }

    public void Refused(Handshake handshake)
    {
        notes.WriteLine($"refused by {handshake.Url}");
        WriteHead(handshake);
        if (handshake.Body.Length > 0)
        {
            notes.WriteLine();
            notes.WriteLine(handshake.Body.TrimEnd('\n'));
        }
    }

    public void Failed(string message) => notes.WriteLine($"wsingress connect: {message}");

    public void Pinged(TimeSpan? roundTrip) =>
        notes.WriteLine(roundTrip is { } time ? $"round trip:  {Milliseconds(time)} (ping)" : "round trip:  no answer to our ping");

    public void Sent(WebSocketMessageType type, ReadOnlyMemory<byte> payload)
    {
        // The terminal or the pipe showed it already.
    }

    public void Received(WebSocketMessageType type, ReadOnlyMemory<byte> payload, TimeSpan? roundTrip)
    {
        if (roundTrip is { } time)
        {
            _roundTrips.Add(time);
        }

        if (type == WebSocketMessageType.Text || binary)
        {
            output.Write(payload.Span);
        }
        else
        {
            output.Write(Encoding.UTF8.GetBytes(Describe(payload.Span)));
        }

        if (!binary)
        {
            output.WriteByte((byte)'\n');
        }

        output.Flush();
    }

    public void Closed(int code, string reason, string by, int sent, int received)
    {
        var quoted = reason.Length == 0 ? "" : $": {reason}";
        notes.WriteLine($"closed by {by}: {code} ({CloseCodes.Name(code)}){quoted}");
        var times = _roundTrips.Count == 0
            ? ""
            : $"; round trip min {Milliseconds(_roundTrips.Min())}, mean {Milliseconds(_roundTrips.Aggregate(TimeSpan.Zero, (a, b) => a + b) / _roundTrips.Count)}, max {Milliseconds(_roundTrips.Max())}";
        notes.WriteLine($"{sent} sent, {received} received{times}");
    }

    private void WriteHead(Handshake handshake)
    {
        notes.WriteLine($"  HTTP/{handshake.HttpVersion} {handshake.Status} {handshake.Phrase}".TrimEnd());
        foreach (var header in handshake.Headers)
        {
            notes.WriteLine($"  {header.Key}: {header.Value}");
        }
    }

    private static string Describe(ReadOnlySpan<byte> payload)
    {
        var more = payload.Length > BytesShown ? "…" : "";
        return $"({payload.Length} bytes) {Convert.ToHexStringLower(payload[..Math.Min(payload.Length, BytesShown)])}{more}";
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms";
}
