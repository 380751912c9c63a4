using System.Net;
using WsIngress.Bench.Os;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using SocketAddress = WsIngress.Transport.Native.SocketAddress;

namespace WsIngress.Bench.Load;

/// <summary>One connection of the client, with TLS or without; its tag in the set is its number.</summary>
internal sealed unsafe class LoadSocket
{
    private readonly SocketSet _set;
    private readonly int _fd;
    private nint _ssl;
    private uint _interest;

    private LoadSocket(SocketSet set, int fd, int number)
    {
        (_set, _fd, Number) = (set, fd, number);
        _interest = LibC.EPOLLIN | LibC.EPOLLOUT;
        set.Add(fd, _interest, number);
    }

    public int Number { get; }

    public bool IsClosed { get; private set; }

    /// <summary>Bytes are in the TLS object that the descriptor will not announce.</summary>
    public bool HasPending => _ssl != 0 && OpenSsl.HasPending(_ssl) == 1;

    public bool Resumed => _ssl != 0 && OpenSsl.SessionReused(_ssl) == 1;

    /// <summary>A socket whose connect has begun; null, with the reason in the report, when it cannot even begin.</summary>
    public static LoadSocket? Dial(SocketSet set, int port, int number, LoadReport report)
    {
        var fd = LibC.TcpSocket(LibC.AF_INET);
        if (fd < 0)
        {
            report.Note($"socket: {Errno.Text(LibC.LastError)}");
            return null;
        }

        _ = LibC.SetOption(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        var length = SocketAddress.Write(new IPEndPoint(IPAddress.Loopback, port), new Span<byte>(address, SocketAddress.MaxLength));
        if (LibC.Connect(fd, address, length) < 0 && LibC.LastError is var error && error != Errno.EINPROGRESS)
        {
            report.Note($"connect: {Errno.Text(error)}");
            _ = LibC.Close(fd);
            return null;
        }

        return new(set, fd, number);
    }

    /// <summary>0, or why the connect failed.</summary>
    public int ConnectError => LibC.GetOption(_fd, LibC.SOL_SOCKET, LibC.SO_ERROR, out var error) < 0 ? LibC.LastError : error;

    public void Begin(TlsTicket tls) => _ssl = tls.Connect(_fd);

    public void Keep(TlsTicket tls) => tls.Keep(_ssl);

    /// <summary>1 when the TLS handshake is complete, else an <see cref="IoResult"/>.</summary>
    public int Handshake()
    {
        OpenSsl.ClearErrors();
        var result = OpenSsl.Connect(_ssl);
        return result == 1 ? 1 : Result(result);
    }

    /// <summary>Waits for bytes, and for room too when something is left to send.</summary>
    public void Watch(bool write)
    {
        var interest = write ? LibC.EPOLLIN | LibC.EPOLLOUT : LibC.EPOLLIN;
        if (interest != _interest && !IsClosed)
        {
            _set.Change(_fd, interest, Number);
            _interest = interest;
        }
    }

    public int Read(byte* buffer, int length)
    {
        if (_ssl != 0)
        {
            OpenSsl.ClearErrors();
            var result = OpenSsl.Read(_ssl, buffer, length);
            return result > 0 ? result : Result(result);
        }

        var count = LibC.Recv(_fd, buffer, length);
        return count >= 0 ? (int)count : LibC.LastError == Errno.EAGAIN ? IoResult.WantRead : IoResult.Failed;
    }

    /// <summary>Bytes taken, fewer than asked for it may be, or an <see cref="IoResult"/>. A TLS write that must be repeated is repeated with the same bytes.</summary>
    public int Write(byte* buffer, int length)
    {
        if (_ssl != 0)
        {
            OpenSsl.ClearErrors();
            var result = OpenSsl.Write(_ssl, buffer, length);
            return result > 0 ? result : Result(result);
        }

        var count = LibC.Send(_fd, buffer, length);
        return count >= 0 ? (int)count : LibC.LastError == Errno.EAGAIN ? IoResult.WantWrite : IoResult.Failed;
    }

    /// <summary>close_notify on TLS, then FIN: what a client that leaves sends.</summary>
    public void Close()
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        if (_ssl != 0)
        {
            OpenSsl.ClearErrors();
            _ = OpenSsl.Shutdown(_ssl);
            OpenSsl.Free(_ssl);
            _ssl = 0;
        }

        _ = LibC.Close(_fd);
    }

    private int Result(int result) => OpenSsl.GetError(_ssl, result) switch
    {
        OpenSsl.ErrorWantRead => IoResult.WantRead,
        OpenSsl.ErrorWantWrite => IoResult.WantWrite,
        OpenSsl.ErrorZeroReturn => IoResult.End,
        _ => IoResult.Failed,
    };
}
