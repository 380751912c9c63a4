using System.Collections.Immutable;

namespace WsIngress.Cli;

/// <summary>What <c>wsingress echo</c> serves: at least one listener, the name it answers with, and whether its listeners speak TLS.</summary>
internal sealed record EchoOptions
{
    public required ImmutableArray<ListenAddress> Listen { get; init; }

    /// <summary>The pod's name in answers and handshakes; a pod's host name is its own name.</summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>TLS with a certificate made at the start and signed by itself.</summary>
    public bool Tls { get; init; }
}
