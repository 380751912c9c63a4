using System.Net.WebSockets;

namespace WsIngress.Client;

/// <summary>Tells what happens during one <c>connect</c>, as text for people or as JSON lines for scripts.</summary>
internal interface IConnectReport
{
    void Opened(Handshake handshake);

    void Refused(Handshake handshake);

    /// <summary>No handshake, or something missing at the end; one sentence.</summary>
    void Failed(string message);

    /// <summary>The Ping's round trip, null when no Pong came.</summary>
    void Pinged(TimeSpan? roundTrip);

    void Sent(WebSocketMessageType type, ReadOnlyMemory<byte> payload);

    /// <summary>A whole message; <paramref name="roundTrip"/> is since the oldest message of ours that had no answer yet.</summary>
    void Received(WebSocketMessageType type, ReadOnlyMemory<byte> payload, TimeSpan? roundTrip);

    /// <summary><paramref name="by"/> is <c>server</c>, <c>client</c> or <c>nobody</c> (the connection was lost, code 1006).</summary>
    void Closed(int code, string reason, string by, int sent, int received);
}
