using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Tls;

/// <summary>How calls of OpenSSL that move nothing are read, and what a session knows of its end.</summary>
internal sealed unsafe partial class TlsSession
{
    private bool _ended;

    /// <summary>How it failed; <see cref="TlsFault.None"/> while it has not.</summary>
    public TlsFault Fault { get; private set; }

    /// <summary>What failed, in words; null while nothing has.</summary>
    public string? FailureText { get; private set; }

    /// <summary>The peer has said that it sends nothing more. False after <see cref="IoResult.End"/> means that only its TCP half ended: what it sent may be cut.</summary>
    public bool CloseNotifyReceived { get; private set; }

    /// <summary>Notes the first failure and ends both directions.</summary>
    internal void Fail(TlsFault fault, string text)
    {
        _readBroken = _writeBroken = true;
        if (Fault == TlsFault.None)
        {
            Fault = fault;
            FailureText = text;
        }
    }

    /// <summary>What a call that did not succeed came to (SSL_get_error(3)).</summary>
    /// <param name="result">Of the call.</param>
    /// <param name="error">errno, taken right behind the call: the runtime's own work, as compiling a method for the first time, writes over it.</param>
    private int Judge(int result, int error)
    {
        switch (LibSsl.SSL_get_error(_ssl, result))
        {
            case LibSsl.SSL_ERROR_WANT_READ:
                return IoResult.WantRead;
            case LibSsl.SSL_ERROR_WANT_WRITE:
                return IoResult.WantWrite;
            case LibSsl.SSL_ERROR_ZERO_RETURN:
                if (!_ended)
                {
                    // The end of the stream counts as close_notify here; the BIO tells which it was (SSL_OP_IGNORE_UNEXPECTED_EOF).
                    _ended = true;
                    CloseNotifyReceived = LibCrypto.BIO_ctrl(LibSsl.SSL_get_rbio(_ssl), LibCrypto.BIO_CTRL_EOF, 0, null) == 0;
                }

                return IoResult.End;
            case LibSsl.SSL_ERROR_SYSCALL:
                Fail(TlsFault.ConnectionLost, error == 0 ? "the connection broke" : Errno.Text(error));
                return IoResult.Failed;
            default:
                FailByQueue();
                return IoResult.Failed;
        }
    }

    private void FailByQueue()
    {
        var (fault, text) = OpenSslError.Take();
        if (fault == TlsFault.CertificateRefused && VerifyText() is { } reason)
        {
            text = $"{text}: {reason}";
        }

        Fail(fault, text);
    }

    private int NotOpen()
    {
        if (Fault == TlsFault.None && _ssl != 0)
        {
            FailureText ??= _shutdownSent ? "close_notify was sent: nothing can follow it" : "the handshake is not complete";
        }

        return IoResult.Failed;
    }
}
