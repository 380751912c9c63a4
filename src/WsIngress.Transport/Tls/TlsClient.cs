using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Transport.Tls;

/// <summary>Settings of TLS toward one kind of backend.</summary>
internal sealed record TlsClientOptions
{
    /// <summary>False takes any certificate. True has it verified: signed by an authority, of its time, for the name or address that is asked for.</summary>
    public bool Verify { get; init; }

    /// <summary>PEM of the authorities to trust; null trusts the system's. Without <see cref="Verify"/> it is not read.</summary>
    public string? CaPem { get; init; }

    /// <summary>Shown to a backend that asks for it; null shows none.</summary>
    public TlsCertificate? Certificate { get; init; }

    /// <summary>Application protocols to offer (ALPN), the preferred first; none offers none.</summary>
    public ImmutableArray<string> Protocols { get; init; } = ["http/1.1"];

    /// <summary>As <see cref="TlsServerOptions.KernelTls"/>.</summary>
    public bool KernelTls { get; init; } = true;
}

/// <summary>TLS as a client of the backends of one policy. For any thread.</summary>
internal sealed unsafe class TlsClient : IDisposable
{
    private readonly OpenSslHandle _context;
    private readonly ClientSessions _sessions = new();
    private readonly bool _verify;

    /// <exception cref="CryptographicException">The authorities or the certificate cannot be used; the message says why.</exception>
    /// <exception cref="InvalidOperationException">OpenSSL refuses a setting, or is not available.</exception>
    public TlsClient(TlsClientOptions options)
    {
        if (!OpenSsl.IsAvailable)
        {
            throw new InvalidOperationException(OpenSsl.Unavailable);
        }

        _verify = options.Verify;
        _context = TlsContext.ForClient(options.KernelTls);
        try
        {
            Set(options);
        }
        catch
        {
            _context.Dispose();
            throw;
        }
    }

    /// <summary>A session for a connection that was made; it does not own the descriptor.</summary>
    /// <param name="descriptor">A connected socket that does not block.</param>
    /// <param name="serverName">
    /// DNS name, sent as SNI, or IP address, of which none is sent (RFC 6066 §3); with verification the certificate must bear it. A port is no part
    /// of it; brackets around an IPv6 address and a dot at the end do not matter.
    /// </param>
    /// <exception cref="InsufficientMemoryException">OpenSSL has no memory for it.</exception>
    public TlsSession Connect(int descriptor, string serverName)
    {
        var session = new TlsSession(_context, descriptor, null);
        string name = serverName.EndsWith('.') ? serverName[..^1] : serverName;
        if (!(AddressOf(name) is { } address ? !_verify || DemandAddress(session.Native, address) : DemandName(session, name)))
        {
            OpenSslError.Clear();
            session.Fail(TlsFault.CertificateRefused, name.Length == 0 ? "there is no name that the backend's certificate could be verified against" : $"'{name}' is no name that a certificate can bear");
        }

        else if (session.ServerName is not null)
        {
            session.Resume(_sessions);
        }

        return session;
    }

    public void Dispose() => _context.Dispose();

    private void Set(TlsClientOptions options)
    {
        nint context = _context.Value;
        LibSsl.SSL_CTX_set_verify(context, options.Verify ? LibSsl.SSL_VERIFY_PEER : LibSsl.SSL_VERIFY_NONE, 0);
        if (options.Verify)
        {
            // The context counts its own reference to the store.
            using var own = options.CaPem is { } pem ? Authorities.FromPem(pem) : null;
            LibSsl.SSL_CTX_set1_cert_store(context, (own ?? Authorities.System).Store.Value);
        }

        if (options.Certificate is { } certificate && !certificate.UseFor(context))
        {
            throw new CryptographicException($"the client certificate cannot be used: {OpenSslError.Take().Text}");
        }

        byte[] protocols = TlsContext.AlpnWire(options.Protocols);
        fixed (byte* wire = protocols)
        {
            // Unlike its siblings it answers 0 for success.
            _ = protocols.Length > 0 && LibSsl.SSL_CTX_set_alpn_protos(context, wire, (uint)protocols.Length) != 0
                ? throw new InvalidOperationException("OpenSSL refuses the application protocols") : 0;
        }
    }

    private bool DemandName(TlsSession session, string name)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
        {
            if (name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal) && LibSsl.SSL_ctrl(session.Native, LibSsl.SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, text) == 1)
            {
                session.ServerName = name;
            }

            if (!_verify)
            {
                return true;
            }

            LibSsl.SSL_set_hostflags(session.Native, LibCrypto.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
            return session.ServerName is not null && LibSsl.SSL_set1_host(session.Native, text) == 1;
        }
    }

    /// <summary>Only what looks like an address: the parser takes "1" and "10.1" for one too.</summary>
    private static IPAddress? AddressOf(string name) =>
        (name.Contains(':', StringComparison.Ordinal) || name.AsSpan().Count('.') == 3) && IPAddress.TryParse(name, out var address) ? address : null;

    private static bool DemandAddress(nint ssl, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        fixed (byte* at = bytes)
        {
            return LibCrypto.X509_VERIFY_PARAM_set1_ip(LibSsl.SSL_get0_param(ssl), at, (nuint)length) == 1;
        }
    }
}
