using System.Net;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Listening;

/// <summary>
/// Takes the PROXY header off a socket and not a byte more: what follows may be TLS, which reads the descriptor itself. Looks first (MSG_PEEK,
/// recv(2)) and takes only what belongs to the header.
/// </summary>
internal sealed class ProxyHeaderReader
{
    private const int MaxHeader = 4096;

    private byte[] _taken = [];

    /// <summary>What was taken for the beginning of a header and was none, such as the P of a POST that came alone: the connection's own first bytes.</summary>
    public byte[] Leftover { get; private set; } = [];

    /// <summary>The source that the header names; null when it names none.</summary>
    public IPEndPoint? Source { get; private set; }

    /// <summary>
    /// 1 when the header is taken, or there is none; else <see cref="IoResult.WantRead"/>, or <see cref="IoResult.Failed"/> when it is malformed, too long
    /// or cut.
    /// </summary>
    public unsafe int Read(int descriptor)
    {
        Span<byte> buffer = stackalloc byte[MaxHeader];
        _taken.CopyTo(buffer);
        while (true)
        {
            nint peeked;
            fixed (byte* at = buffer[_taken.Length..])
            {
                peeked = LibC.Peek(descriptor, at, MaxHeader - _taken.Length);
            }

            if (peeked <= 0)
            {
                // A peer that ends before its header, as health checks do, has nothing to be served.
                return peeked < 0 && LibC.LastError is Errno.EAGAIN or Errno.EINTR ? IoResult.WantRead : IoResult.Failed;
            }

            int length = _taken.Length + (int)peeked;
            var status = ProxyProtocolHeader.TryRead(buffer[..length], out var source, out int consumed);
            switch (status)
            {
                case ProxyProtocolStatus.Absent:
                    Leftover = _taken;
                    return 1;
                case ProxyProtocolStatus.Complete:
                    Source = source;
                    return Take(descriptor, consumed - _taken.Length) ? 1 : IoResult.Failed;
                case ProxyProtocolStatus.Incomplete when length < MaxHeader && Take(descriptor, (int)peeked):
                    // Taken, for a socket that is readable already would be reported again and again.
                    _taken = buffer[..length].ToArray();
                    continue;
                default:
                    return IoResult.Failed;
            }
        }
    }

    private static unsafe bool Take(int descriptor, int count)
    {
        if (count <= 0)
        {
            return count == 0;
        }

        Span<byte> dropped = stackalloc byte[MaxHeader];
        fixed (byte* at = dropped)
        {
            return LibC.Recv(descriptor, at, count) == count;
        }
    }
}
