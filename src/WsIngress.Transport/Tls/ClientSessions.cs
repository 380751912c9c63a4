using System.Collections.Concurrent;

namespace WsIngress.Transport.Tls;

/// <summary>
/// The newest session of each server name, for the connections that a policy makes next: a resumed handshake spares both ends the certificate. Kept as
/// bytes, since an <c>SSL_SESSION</c> is not for several threads at once. For any thread.
/// </summary>
internal sealed unsafe class ClientSessions
{
    /// <summary>Names may be those of requests, which anybody makes up; above this all are forgotten.</summary>
    public const int MaxNames = 256;

    /// <summary>One with a longer chain of certificates in it is not kept.</summary>
    private const int MaxLength = 16 * 1024;

    private readonly ConcurrentDictionary<string, byte[]> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names with a session.</summary>
    public int Count => _byName.Count;

    /// <summary>Keeps the session of a connection that has read something, by when TLS 1.3 has sent its ticket.</summary>
    public void Keep(string name, nint ssl)
    {
        nint session = LibSsl.SSL_get1_session(ssl);
        if (session == 0)
        {
            return;
        }

        int length = LibSsl.SSL_SESSION_is_resumable(session) == 1 ? LibSsl.i2d_SSL_SESSION(session, null) : 0;
        if (length is > 0 and <= MaxLength)
        {
            byte[] bytes = new byte[length];
            fixed (byte* at = bytes)
            {
                byte* end = at;
                _ = LibSsl.i2d_SSL_SESSION(session, &end);
            }

            if (_byName.Count >= MaxNames && !_byName.ContainsKey(name))
            {
                _byName.Clear();
            }

            _byName[name] = bytes;
        }

        LibSsl.SSL_SESSION_free(session);
    }

    public void Forget(string name) => _byName.TryRemove(name, out _);

    /// <summary>Has a connection that has not begun try the session of that name; the server decides.</summary>
    public void Offer(string name, nint ssl)
    {
        if (!_byName.TryGetValue(name, out byte[]? bytes))
        {
            return;
        }

        fixed (byte* at = bytes)
        {
            byte* end = at;
            nint session = LibSsl.d2i_SSL_SESSION(null, &end, bytes.Length);
            if (session != 0)
            {
                _ = LibSsl.SSL_set_session(ssl, session);
                LibSsl.SSL_SESSION_free(session);
            }
        }
    }
}
