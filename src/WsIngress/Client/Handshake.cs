using System.Collections.Immutable;

namespace WsIngress.Client;

/// <summary>What came back for a WebSocket handshake: accepted with the connected <see cref="Stream"/>, or refused with a body.</summary>
internal sealed record Handshake
{
    /// <summary>The URL as the user's scheme: ws or wss.</summary>
    public required string Url { get; init; }

    public required Version HttpVersion { get; init; }

    public required int Status { get; init; }

    public required string Phrase { get; init; }

    public required ImmutableArray<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Until the TCP connection stood, resolution included.</summary>
    public TimeSpan Connected { get; init; }

    /// <summary>Until the response head was read, TLS included.</summary>
    public TimeSpan Answered { get; init; }

    /// <summary>The socket's bytes, null when refused.</summary>
    public Stream? Stream { get; init; }

    /// <summary>The refusal's body as text, at most 64 KiB of it.</summary>
    public string Body { get; init; } = "";

    public string? Subprotocol => Header("Sec-WebSocket-Protocol");

    /// <summary>The name the pod gave of itself, or null.</summary>
    public string? Pod => Header("X-Pod-Name");

    public string? Header(string name) =>
        Headers.FirstOrDefault(h => string.Equals(h.Key, name, StringComparison.OrdinalIgnoreCase)).Value;
}
