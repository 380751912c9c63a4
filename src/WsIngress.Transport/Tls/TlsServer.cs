using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Transport.Tls;

/// <summary>
/// TLS as a server, for any number of loops: one context, and a certificate per connection that the ClientHello chooses. What is chosen from
/// may be swapped at any time; a connection that is open keeps what it began with. For any thread.
/// </summary>
internal sealed unsafe class TlsServer : IDisposable
{
    /// <summary>The longest name that is looked up, as DNS has it (RFC 1035 §2.3.4).</summary>
    private const int MaxName = 255;

    private const int TicketUnknown = 0;
    private const int TicketOpened = 1;
    private const int TicketRenewed = 2;

    private readonly OpenSslHandle _context;
    private readonly Func<string?, TlsChoice> _choose;
    private readonly TicketKeys _tickets;
    private readonly byte[] _protocols;

    /// <param name="choose">
    /// Certificate and demands for a server name (SNI), as the client sent it, or null when it sent none. It answers something for every name, and is
    /// called inside of the handshake on the loop's thread.
    /// </param>
    /// <param name="options">Settings for all connections.</param>
    /// <exception cref="InvalidOperationException">OpenSSL refuses a setting, or is not available.</exception>
    public TlsServer(Func<string?, TlsChoice> choose, TlsServerOptions options)
    {
        if (!OpenSsl.IsAvailable)
        {
            throw new InvalidOperationException(OpenSsl.Unavailable);
        }

        _choose = choose;
        _tickets = options.Tickets ?? new TicketKeys(TimeProvider.System);
        _protocols = TlsContext.AlpnWire(options.Protocols);
        _context = TlsContext.ForServer(options.KernelTls);
        nint context = _context.Value;
        LibSsl.SSL_CTX_set_client_hello_cb(context, &OnClientHello, 0);
        _ = LibSsl.SSL_CTX_callback_ctrl(context, LibSsl.SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, &OnServerName);
        if (_protocols.Length > 0)
        {
            LibSsl.SSL_CTX_set_alpn_select_cb(context, &OnProtocols, 0);
        }

        _ = LibSsl.SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &OnTicket);
        _ = LibSsl.SSL_CTX_set_num_tickets(context, (nuint)options.TicketCount);
        _ = LibSsl.SSL_CTX_set_timeout(context, (nint)options.SessionLifetime.TotalSeconds);
    }

    /// <summary>A session for a connection that was accepted; it does not own the descriptor.</summary>
    /// <exception cref="InsufficientMemoryException">OpenSSL has no memory for it.</exception>
    public TlsSession Accept(int descriptor) => new(_context, descriptor, this);

    public void Dispose() => _context.Dispose();

    /// <summary>Before anything of the ClientHello is acted on, resumption included (SSL_CTX_set_client_hello_cb(3)).</summary>
    [UnmanagedCallersOnly]
    [SuppressMessage("Design", "CA1031", Justification = "An exception must not go up through frames of OpenSSL.")]
    private static int OnClientHello(nint ssl, int* alert, nint state)
    {
        *alert = LibSsl.SSL_AD_INTERNAL_ERROR;
        if (TlsSession.Current is not { Server: { } server } session)
        {
            return 0;
        }

        try
        {
            return server.Begin(session, ssl) ? 1 : 0;
        }
        catch (Exception defect)
        {
            session.Fail(TlsFault.Internal, $"no certificate could be chosen: {defect.Message}");
            return 0;
        }
    }

    /// <summary>Tells OpenSSL that the name was used: it acknowledges it and keeps it in the session (RFC 6066 §3).</summary>
    [UnmanagedCallersOnly]
    private static int OnServerName(nint ssl, int* alert, nint state) =>
        TlsSession.Current?.ServerName is null ? LibSsl.SSL_TLSEXT_ERR_NOACK : LibSsl.SSL_TLSEXT_ERR_OK;

    [UnmanagedCallersOnly]
    private static int OnProtocols(nint ssl, byte** chosen, byte* chosenLength, byte* offered, uint offeredLength, nint state)
    {
        if (TlsSession.Current is not { Server: { } server })
        {
            return LibSsl.SSL_TLSEXT_ERR_ALERT_FATAL;
        }

        // OpenSSL has checked that each length of the offer stays inside of it.
        var offer = new ReadOnlySpan<byte>(offered, (int)offeredLength);
        for (var own = (ReadOnlySpan<byte>)server._protocols; own.Length > 0; own = own[(1 + own[0])..])
        {
            var name = own[..(1 + own[0])];
            for (int at = 0; at < offer.Length; at += 1 + offer[at])
            {
                if (offer[at..].StartsWith(name))
                {
                    *chosen = offered + at + 1;
                    *chosenLength = name[0];
                    return LibSsl.SSL_TLSEXT_ERR_OK;
                }
            }
        }

        return LibSsl.SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    /// <summary>SSL_CTX_set_tlsext_ticket_key_evp_cb(3). Below zero ends the connection.</summary>
    [UnmanagedCallersOnly]
    [SuppressMessage("Design", "CA1031", Justification = "An exception must not go up through frames of OpenSSL.")]
    private static int OnTicket(nint ssl, byte* name, byte* iv, nint cipher, nint mac, int seal)
    {
        try
        {
            if (TlsSession.Current is not { Server: { } server })
            {
                return TicketUnknown;
            }

            if (seal != 0)
            {
                return TicketSeal.Seal(server._tickets.Newest(), name, iv, cipher, mac) ? TicketOpened : -1;
            }

            var (key, renew) = server._tickets.Find(new ReadOnlySpan<byte>(name, TicketKey.NameLength));
            return key is null || !TicketSeal.Open(key, iv, cipher, mac) ? TicketUnknown

                // A ticket of TLS 1.3 is for one use, so that an observer cannot link connections (RFC 8446 §C.4).
                : renew || LibSsl.SSL_version(ssl) == LibSsl.TLS1_3_VERSION ? TicketRenewed
                : TicketOpened;
        }
        catch (Exception)
        {
            return TicketUnknown;
        }
    }

    private bool Begin(TlsSession session, nint ssl)
    {
        byte* extension;
        nuint length;
        if (LibSsl.SSL_client_hello_get0_ext(ssl, LibSsl.TLSEXT_TYPE_server_name, &extension, &length) == 1)
        {
            session.ServerName = HostName(new ReadOnlySpan<byte>(extension, (int)length));
        }

        var choice = _choose(session.ServerName);
        if (!choice.Certificate.Use(ssl))
        {
            session.Fail(TlsFault.Internal, $"the certificate cannot be used: {OpenSslError.Take().Text}");
            return false;
        }

        choice.Trust?.Apply(ssl);
        SetSessionContext(ssl, session.ServerName, choice);
        return true;
    }

    /// <summary>
    /// A session is resumed only for the name, the certificate and the demands that it began under: otherwise a certificate that one host has
    /// verified would open another (CVE-2025-23419 was that), and RFC 6066 §3 asks for it.
    /// </summary>
    private static void SetSessionContext(nint ssl, string? name, TlsChoice choice)
    {
        Span<byte> text = stackalloc byte[(2 * SHA256.HashSizeInBytes) + MaxName];
        text[..(2 * SHA256.HashSizeInBytes)].Clear();
        choice.Certificate.Fingerprint.CopyTo(text);
        choice.Trust?.Fingerprint.CopyTo(text[SHA256.HashSizeInBytes..]);
        int length = 2 * SHA256.HashSizeInBytes;
        if (name is not null)
        {
            length += Ascii.ToLower(name, text[length..], out int written) == System.Buffers.OperationStatus.Done ? written : 0;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], digest);
        fixed (byte* at = digest)
        {
            _ = LibSsl.SSL_set_session_id_context(ssl, at, SHA256.HashSizeInBytes);
        }
    }

    /// <summary>The host_name of a server_name extension (RFC 6066 §3): length of the list, type 0, length, name. Null when it is malformed: OpenSSL refuses it next.</summary>
    internal static string? HostName(ReadOnlySpan<byte> extension)
    {
        if (extension.Length < 5 || ((extension[0] << 8) | extension[1]) != extension.Length - 2 || extension[2] != 0)
        {
            return null;
        }

        int length = (extension[3] << 8) | extension[4];
        var name = extension[5..];
        return length is > 0 and <= MaxName && length == name.Length && Ascii.IsValid(name) && !name.Contains((byte)0) ? Encoding.ASCII.GetString(name) : null;
    }
}
