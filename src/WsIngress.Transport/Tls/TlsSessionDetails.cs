using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace WsIngress.Transport.Tls;

/// <summary>What the handshake came to. Asked of OpenSSL when somebody wants to know, since most connections are never asked; empty once disposed.</summary>
internal sealed unsafe partial class TlsSession
{
    private X509Certificate2? _peerCertificate;

    /// <summary>The host that the client named (SNI), as it wrote it; null when it named none.</summary>
    public string? ServerName { get; internal set; }

    /// <summary>TLS 1.2 or 1.3; none before the handshake.</summary>
#pragma warning disable CA5397 // The rule takes any number beside the enum for a member of it.
    public SslProtocols Protocol => (_established ? LibSsl.SSL_version(_ssl) : 0) switch
    {
        LibSsl.TLS1_2_VERSION => SslProtocols.Tls12,
        LibSsl.TLS1_3_VERSION => SslProtocols.Tls13,
        _ => SslProtocols.None,
    };
#pragma warning restore CA5397

    /// <summary>The suite by its IANA number; null before the handshake.</summary>
    public TlsCipherSuite? CipherSuite =>
        _ssl != 0 && LibSsl.SSL_get_current_cipher(_ssl) is not 0 and var cipher ? (TlsCipherSuite)LibSsl.SSL_CIPHER_get_protocol_id(cipher) : null;

    /// <summary>By ALPN; empty when the client offered none.</summary>
    public SslApplicationProtocol ApplicationProtocol
    {
        get
        {
            byte* name = null;
            uint length = 0;
            if (_ssl != 0)
            {
                LibSsl.SSL_get0_alpn_selected(_ssl, &name, &length);
            }

            var selected = new ReadOnlySpan<byte>(name, (int)length);
            return selected.SequenceEqual("http/1.1"u8) ? SslApplicationProtocol.Http11
                : selected.SequenceEqual("h2"u8) ? SslApplicationProtocol.Http2
                : selected.IsEmpty ? default
                : new SslApplicationProtocol(selected.ToArray());
        }
    }

    /// <summary>An earlier session was taken up again: no certificate was sent or verified anew.</summary>
    public bool IsResumed => _ssl != 0 && LibSsl.SSL_session_reused(_ssl) == 1;

    /// <summary>The kernel encrypts what is written (kernel TLS); it does so where it offers it and OpenSSL was built with it.</summary>
    public bool KernelSends => _ssl != 0 && LibCrypto.BIO_ctrl(LibSsl.SSL_get_wbio(_ssl), LibCrypto.BIO_CTRL_GET_KTLS_SEND, 0, null) > 0;

    /// <summary>The kernel decrypts what is read.</summary>
    public bool KernelReceives => _ssl != 0 && LibCrypto.BIO_ctrl(LibSsl.SSL_get_rbio(_ssl), LibCrypto.BIO_CTRL_GET_KTLS_RECV, 0, null) > 0;

    /// <summary>The certificate that the peer showed, verified or not; null when it showed none. Made at the first look; it outlives the session.</summary>
    public X509Certificate2? PeerCertificate
    {
        get
        {
            if (_peerCertificate is null && _ssl != 0 && LibSsl.SSL_get1_peer_certificate(_ssl) is not 0 and var native)
            {
                using var certificate = new OpenSslHandle(OpenSslKind.Certificate, native);
                _peerCertificate = X509CertificateLoader.LoadCertificate(TlsCertificate.Encode(certificate.Value));
            }

            return _peerCertificate;
        }
    }

    /// <summary>Why the peer's certificate does not verify; null when it does, and when there is none. A client that does not verify goes on all the same.</summary>
    public string? PeerRefusal => _ssl != 0 && PeerCertificate is not null ? VerifyText() : null;

    private string? VerifyText()
    {
        nint code = LibSsl.SSL_get_verify_result(_ssl);
        if (code == LibCrypto.X509_V_OK)
        {
            return null;
        }

        string text = OpenSsl.Text(LibCrypto.X509_verify_cert_error_string(code));
        return code == LibCrypto.X509_V_ERR_HOSTNAME_MISMATCH ? $"{text}: it is not for {ServerName}" : text;
    }
}
