using System.Runtime.InteropServices;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Tls;

/// <summary>
/// One TLS connection over a descriptor that does not block, and the only owner of its <c>SSL</c>; the descriptor belongs to the socket. All
/// members are for the thread of its loop. Nothing that a peer does throws: it comes back as an <see cref="IoResult"/>, with
/// <see cref="Fault"/> and <see cref="FailureText"/>.
/// </summary>
internal sealed unsafe partial class TlsSession : IDisposable
{
    /// <summary>Steps of handshake messages without data between them. A KeyUpdate takes four; an honest server sends some tickets in a row, and nothing else comes so.</summary>
    private const int MaxIdleSteps = 128;

    /// <summary><c>SSL_CB_LOOP</c>: OpenSSL goes on by one step (SSL_set_info_callback(3)).</summary>
    private const int InfoStep = 1;

    private static int _live;

    [ThreadStatic]
    private static TlsSession? _current;

    private nint _ssl;
    private ClientSessions? _sessions;
    private int _idleSteps;
    private bool _established;
    private bool _readBroken;
    private bool _writeBroken;
    private bool _starved;
    private bool _shutdownSent;

    /// <exception cref="InsufficientMemoryException">OpenSSL has no memory for it.</exception>
    public TlsSession(OpenSslHandle context, int descriptor, TlsServer? server)
    {
        bool held = false;
        context.DangerousAddRef(ref held);
        OpenSslError.Clear();
        _ssl = LibSsl.SSL_new(context.Value);
        context.DangerousRelease();
        if (_ssl == 0 || LibSsl.SSL_set_fd(_ssl, descriptor) != 1)
        {
            LibSsl.SSL_free(_ssl);
            throw new InsufficientMemoryException($"no TLS session: {OpenSslError.Take().Text}");
        }

        Server = server;
        if (server is null)
        {
            LibSsl.SSL_set_connect_state(_ssl);
        }
        else
        {
            LibSsl.SSL_set_accept_state(_ssl);
        }

        Interlocked.Increment(ref _live);
    }

    /// <summary>Sessions of this process that are not disposed.</summary>
    public static int LiveCount => Volatile.Read(ref _live);

    /// <summary>The session inside whose <see cref="Handshake"/> or <see cref="Read(byte*, int)"/> this thread is: how callbacks of OpenSSL find it.</summary>
    internal static TlsSession? Current => _current;

    /// <summary>Whose handshake this is; null for a client and once it is complete.</summary>
    internal TlsServer? Server { get; private set; }

    internal nint Native => _ssl;

    /// <summary>
    /// Plaintext, or records already taken from the descriptor, wait to be read: the descriptor's readiness does not show them. False when the last
    /// read found too little: then the rest of a record is still to come, and readiness shows it.
    /// </summary>
    public bool HasPending => _established && !_starved && !_readBroken && LibSsl.SSL_has_pending(_ssl) == 1;

    /// <summary>
    /// Goes on with the handshake: 1 when it is complete, else <see cref="IoResult.WantRead"/>, <see cref="IoResult.WantWrite"/>,
    /// <see cref="IoResult.Failed"/> or, when the peer has closed, <see cref="IoResult.End"/>.
    /// </summary>
    public int Handshake()
    {
        if (_readBroken)
        {
            return IoResult.Failed;
        }

        if (_established)
        {
            return 1;
        }

        _current = this;
        OpenSslError.Clear();
        int result = LibSsl.SSL_do_handshake(_ssl);
        int error = LibC.LastError;
        _current = null;
        if (result == 1)
        {
            _established = true;
            Server = null;
            LibSsl.SSL_set_info_callback(_ssl, &OnInfo);
            return 1;
        }

        result = Judge(result, error);
        if (result == IoResult.End)
        {
            Fail(TlsFault.ClosedEarly, "the peer closed the connection inside the handshake");
        }

        if (Fault != TlsFault.None)
        {
            // Whatever it was, the next connection begins anew.
            _sessions?.Forget(ServerName!);
        }

        return result;
    }

    /// <summary>
    /// Bytes read, or an <see cref="IoResult"/>; <see cref="IoResult.End"/> on close_notify, or at the end of the stream without one. At most one record
    /// at a time.
    /// </summary>
    public int Read(byte* buffer, int length)
    {
        if (!_established || _readBroken)
        {
            return NotOpen();
        }

        // OpenSSL answers 0 to a call without room, which would be taken for an error of the connection.
        if (length == 0)
        {
            return IoResult.WantRead;
        }

        _current = this;
        OpenSslError.Clear();
        int count = LibSsl.SSL_read(_ssl, buffer, length);
        int error = count > 0 ? 0 : LibC.LastError;
        _current = null;
        if (count > 0)
        {
            _starved = false;
            _idleSteps = 0;
            if (_sessions is not null)
            {
                KeepSession();
            }

            return count;
        }

        _starved = true;
        if (_idleSteps > MaxIdleSteps)
        {
            Fail(TlsFault.Flood, "a flood of handshake messages without data between them");
            return IoResult.Failed;
        }

        return Judge(count, error);
    }

    /// <inheritdoc cref="Read(byte*, int)"/>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* at = buffer)
        {
            return Read(at, buffer.Length);
        }
    }

    /// <summary>
    /// Bytes taken, at most one record's 16,384, or an <see cref="IoResult"/>. After <see cref="IoResult.WantWrite"/> a record is half sent: the next
    /// call brings the same bytes again, as many or more, from anywhere (SSL_write(3)).
    /// </summary>
    public int Write(byte* buffer, int length)
    {
        if (!_established || _writeBroken || _shutdownSent)
        {
            return NotOpen();
        }

        if (length == 0)
        {
            return 0;
        }

        OpenSslError.Clear();
        int count = LibSsl.SSL_write(_ssl, buffer, length);
        if (count > 0)
        {
            return count;
        }

        int error = LibC.LastError;
        bool couldRead = !_readBroken;
        int result = Judge(count, error);
        if (result == IoResult.End)
        {
            // SSL_get_error(3) tells of the close_notify that was read before, and hides that the write has failed.
            Fail(TlsFault.ConnectionLost, error == 0 ? "the connection broke" : Errno.Text(error));
            result = IoResult.Failed;
        }

        if (result == IoResult.Failed && Fault == TlsFault.ConnectionLost)
        {
            // What the peer sent before it closed can still be read, as on a plain socket: the Close frame of a WebSocket, say.
            _readBroken = !couldRead;
        }

        return result;
    }

    /// <inheritdoc cref="Write(byte*, int)"/>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            return Write(at, bytes.Length);
        }
    }

    /// <summary>Sends close_notify if the kernel takes it; never waits. Reading goes on (RFC 8446 §6.1). The second call does nothing.</summary>
    public void Shutdown()
    {
        if (!_established || _writeBroken || _shutdownSent)
        {
            return;
        }

        _shutdownSent = true;
        OpenSslError.Clear();
        _ = LibSsl.SSL_shutdown(_ssl);
        OpenSslError.Clear();
    }

    /// <summary>Frees the <c>SSL</c>, and sends nothing. The second call does nothing.</summary>
    public void Dispose()
    {
        if (_ssl == 0)
        {
            return;
        }

        LibSsl.SSL_free(_ssl);
        _ssl = 0;
        _established = false;
        _readBroken = _writeBroken = true;
        Interlocked.Decrement(ref _live);
    }

    /// <summary>Takes up an earlier session with the same <see cref="ServerName"/> if there is one, and keeps this one for later connections.</summary>
    internal void Resume(ClientSessions sessions)
    {
        _sessions = sessions;
        sessions.Offer(ServerName!, _ssl);
    }

    /// <summary>Counts the steps of handshake messages after the handshake; too many have OpenSSL stop reading.</summary>
    [UnmanagedCallersOnly]
    private static void OnInfo(nint ssl, int where, int value)
    {
        if ((where & InfoStep) != 0 && _current is { } session && ++session._idleSteps > MaxIdleSteps)
        {
            LibSsl.SSL_set_shutdown(ssl, LibSsl.SSL_RECEIVED_SHUTDOWN);
        }
    }

    private void KeepSession()
    {
        _sessions!.Keep(ServerName!, _ssl);
        _sessions = null;
    }
}
