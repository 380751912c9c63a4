namespace WsIngress.Client;

/// <summary>A handshake that ended without a usable answer; the message is for the user.</summary>
internal sealed class HandshakeException(string message, Exception? inner = null) : Exception(message, inner);
