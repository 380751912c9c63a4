namespace WsIngress.Transport.Tls;

/// <summary>The oldest error of this thread's queue, which is the cause of the others (ERR_get_error(3)), as fault and in words.</summary>
internal readonly record struct OpenSslError(TlsFault Fault, string Text)
{
    private const int SslLibrary = 20;
    private const int PemLibrary = 9;

    /// <summary><c>PEM_R_NO_START_LINE</c>: no more blocks of the kind asked for.</summary>
    private const int PemNoStartLine = 108;

    /// <summary>Alerts of the peer are reasons of libssl above this (sslerr.h).</summary>
    private const int AlertOffset = 1000;

    /// <summary>A system error; errno is in the other bits.</summary>
    private const uint SystemFlag = 0x80000000;

    /// <summary>
    /// Empties the queue, as every call of OpenSSL wants it that is judged by it afterwards (SSL_get_error(3)). The look costs 25 ns; clearing one that is
    /// empty costs 200, twice for every message (measured, OpenSSL 3.0).
    /// </summary>
    public static unsafe void Clear()
    {
        if (LibCrypto.ERR_peek_error() != 0)
        {
            LibCrypto.ERR_clear_error();
        }
    }

    /// <summary>Takes the queue, which is empty afterwards.</summary>
    public static unsafe OpenSslError Take()
    {
        nuint first = LibCrypto.ERR_get_error();
        LibCrypto.ERR_clear_error();
        return From(first);
    }

    /// <summary>True, and the queue is emptied, if the last look for a PEM block found none.</summary>
    public static unsafe bool TakeNoMorePem()
    {
        nuint first = LibCrypto.ERR_peek_error();
        if (Library(first) != PemLibrary || Reason(first) != PemNoStartLine)
        {
            return false;
        }

        LibCrypto.ERR_clear_error();
        return true;
    }

    internal static unsafe OpenSslError From(nuint code)
    {
        if (code == 0)
        {
            return new(TlsFault.Internal, "OpenSSL gives no reason");
        }

        if ((code & SystemFlag) != 0)
        {
            return new(TlsFault.ConnectionLost, Native.Errno.Text((int)(code & 0x7FFFFFFF)));
        }

        string own = OpenSsl.Text(LibCrypto.ERR_reason_error_string(code));
        if (own.Length == 0)
        {
            own = $"OpenSSL error {code:X8}";
        }

        return Library(code) != SslLibrary ? new(TlsFault.Malformed, own)
            : Reason(code) >= AlertOffset ? new(TlsFault.PeerAlert, $"the peer refused: {Alert(own)} (alert {Reason(code) - AlertOffset})")
            : FromSsl(Reason(code), own);
    }

    /// <summary>Reasons by their numbers in sslerr.h, which OpenSSL never gives to another meaning.</summary>
    private static OpenSslError FromSsl(int reason, string own) => reason switch
    {
        155 or 156 => new(TlsFault.PlainHttp, "plain HTTP on a TLS port"),
        267 or 443 or 252 => new(TlsFault.NotTls, "not TLS: the bytes are no TLS record"),
        258 or 396 or 266 or 116 => new(TlsFault.ProtocolVersion, "no common version of TLS: 1.2 and 1.3 are spoken"),
        193 => new(TlsFault.NoCommonCipher, "no common cipher suite"),
        101 or 295 => new(TlsFault.NoCommonCipher, "no common group for the key exchange"),
        118 => new(TlsFault.NoCommonCipher, "no common signature algorithm for the certificate's key"),
        235 => new(TlsFault.NoCommonProtocol, "no common application protocol (ALPN)"),
        199 => new(TlsFault.NoClientCertificate, "no client certificate, and one is required"),
        134 => new(TlsFault.CertificateRefused, "the peer's certificate does not verify"),
        152 => new(TlsFault.TooLarge, "a handshake message above its bound"),
        146 or 150 or 198 => new(TlsFault.TooLarge, "a record longer than TLS allows"),
        281 => new(TlsFault.Malformed, "a record that does not decrypt: altered on the way, or a fault of the peer"),
        294 => new(TlsFault.ClosedEarly, "the peer closed the connection inside a record"),
        _ => new(TlsFault.Malformed, own),
    };

    /// <summary>"tlsv1 alert unknown ca" without what says nothing.</summary>
    private static string Alert(string own)
    {
        int at = own.IndexOf("alert ", StringComparison.Ordinal);
        return at < 0 ? own : own[(at + "alert ".Length)..];
    }

    private static int Library(nuint code) => (int)((code >> 23) & 0xFF);

    private static int Reason(nuint code) => (int)(code & 0x7FFFFF);
}
