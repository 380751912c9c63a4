namespace WsIngress.Transport.Tls;

/// <summary>How a TLS connection can fail: a closed list, for metrics and for what is done about it. The words are in <see cref="TlsFaults"/>.</summary>
internal enum TlsFault
{
    None,

    /// <summary>HTTP without TLS on a TLS port.</summary>
    PlainHttp,

    /// <summary>The first bytes are no TLS record.</summary>
    NotTls,

    /// <summary>The peer closed before the handshake was complete.</summary>
    ClosedEarly,

    /// <summary>The connection under it broke: reset, timed out.</summary>
    ConnectionLost,

    /// <summary>No version of TLS that both take; here 1.2 and 1.3.</summary>
    ProtocolVersion,

    /// <summary>No cipher suite, group or signature algorithm that both take.</summary>
    NoCommonCipher,

    /// <summary>ALPN: the client offers protocols, and none that is served here.</summary>
    NoCommonProtocol,

    /// <summary>A client certificate is required and none came.</summary>
    NoClientCertificate,

    /// <summary>The peer's certificate does not verify.</summary>
    CertificateRefused,

    /// <summary>The peer ended the connection with an alert.</summary>
    PeerAlert,

    /// <summary>A message or record above its bound.</summary>
    TooLarge,

    /// <summary>Bytes that break the protocol: truncated, altered, out of order.</summary>
    Malformed,

    /// <summary>More messages that carry no data than any honest peer sends in a row.</summary>
    Flood,

    /// <summary>Something of ours: no memory, a certificate that cannot be used.</summary>
    Internal,
}

/// <summary>The words of <see cref="TlsFault"/>, the same in log and metric.</summary>
internal static class TlsFaults
{
    private static readonly string[] Words =
    [
        "none", "plain-http", "not-tls", "closed-early", "connection-lost", "protocol-version", "no-common-cipher", "no-common-protocol",
        "no-client-certificate", "certificate-refused", "peer-alert", "too-large", "malformed", "flood", "internal",
    ];

    public static string Word(TlsFault fault) => Words[(int)fault];
}
