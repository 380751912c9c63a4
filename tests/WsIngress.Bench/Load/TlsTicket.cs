using WsIngress.Bench.Os;

namespace WsIngress.Bench.Load;

/// <summary>The TLS context of a client and, when it shall resume, the last ticket that a server gave.</summary>
internal sealed class TlsTicket(LoadOptions options)
{
    private readonly nint _context = OpenSsl.CreateContext();
    private nint _session;

    public nint Connect(int fd)
    {
        var ssl = OpenSsl.CreateConnection(_context, fd, options.Host);
        if (options.Resume && _session != 0)
        {
            _ = OpenSsl.SetSession(ssl, _session);
        }

        return ssl;
    }

    /// <summary>Takes the first ticket. TLS 1.3 sends it after the handshake, so it is there when the answer to the upgrade has been read.</summary>
    public void Keep(nint ssl)
    {
        if (!options.Resume || _session != 0)
        {
            return;
        }

        var session = OpenSsl.GetSession(ssl);
        if (session != 0 && OpenSsl.IsResumable(session) == 1)
        {
            _session = session;
        }
    }
}
