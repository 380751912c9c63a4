using System.Collections.Immutable;
using WsIngress.Client;

namespace WsIngress.Cli;

/// <summary>One run of <c>wsingress connect</c>.</summary>
internal sealed record ConnectOptions
{
    /// <summary>Scheme http or https (ws and wss are turned into them), so that it names what is spoken before the upgrade.</summary>
    public required Uri Url { get; init; }

    /// <summary>Messages to send in place of standard input.</summary>
    public ImmutableArray<string> Send { get; init; } = [];

    /// <summary>Messages to await before leaving; null awaits as many as were sent.</summary>
    public int? Count { get; init; }

    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    public ImmutableArray<string> Subprotocols { get; init; } = [];

    public ImmutableArray<ResolveRule> Resolve { get; init; } = [];

    /// <summary>Accept any certificate.</summary>
    public bool Insecure { get; init; }

    /// <summary>Extended CONNECT over HTTP/2 (RFC 8441) instead of an HTTP/1.1 upgrade.</summary>
    public bool Http2 { get; init; }

    /// <summary>Standard input is sent as binary messages of up to 64 KiB, received payloads are written as they are.</summary>
    public bool Binary { get; init; }

    /// <summary>Stay until the other side closes or Ctrl-C.</summary>
    public bool Hold { get; init; }

    /// <summary>One JSON object per event on standard output.</summary>
    public bool Json { get; init; }

    /// <summary>Measure the round trip by a Ping before the first message.</summary>
    public bool Ping { get; init; } = true;

    /// <summary>Bytes of the largest message that is taken; 64 MiB.</summary>
    public int LargestMessage { get; init; } = 64 * 1024 * 1024;

    /// <summary>The longest wait for the handshake, for an awaited message and for the answer to our Close.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
