using System.Collections.Immutable;

namespace WsIngress.Transport.Tls;

/// <summary>Settings of one TLS listener.</summary>
internal sealed record TlsServerOptions
{
    public static readonly TlsServerOptions Default = new();

    /// <summary>Application protocols (ALPN), the preferred first. A client that offers others alone is refused (RFC 7301 §3.2); one that offers none is served.</summary>
    public ImmutableArray<string> Protocols { get; init; } = ["h2", "http/1.1"];

    /// <summary>Keys of the session tickets; listeners that share them resume each other's sessions. Null makes own ones.</summary>
    public TicketKeys? Tickets { get; init; }

    /// <summary>Tickets after a full handshake of TLS 1.3; a resumed one sends one anew. 0 switches resumption off in TLS 1.3.</summary>
    public int TicketCount { get; init; } = 1;

    /// <summary>Has the kernel encrypt and decrypt where it offers that and OpenSSL was built for it; false, and wherever either is missing, OpenSSL does.</summary>
    public bool KernelTls { get; init; } = true;

    /// <summary>How long a session may be resumed, at most 7 days (RFC 8446 §4.6.1).</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(2);
}

/// <summary>What a server shows to a client that names a host, and what it asks of it.</summary>
/// <param name="Certificate">Its own certificate.</param>
/// <param name="Trust">What it demands of the client's; null asks for none.</param>
internal readonly record struct TlsChoice(TlsCertificate Certificate, ClientTrust? Trust = null)
{
    public static implicit operator TlsChoice(TlsCertificate certificate) => new(certificate);
}
