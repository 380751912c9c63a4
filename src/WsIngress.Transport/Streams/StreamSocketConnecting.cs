using System.Net;
using System.Net.Sockets;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using SocketAddress = WsIngress.Transport.Native.SocketAddress;

namespace WsIngress.Transport.Streams;

/// <summary>How it comes to be: a connection that the loop waits for.</summary>
internal sealed partial class StreamSocket
{
    private bool _connecting;

    /// <summary>Opens a TCP connection without Nagle's delay.</summary>
    /// <exception cref="SocketException">The connection was refused or cannot be made.</exception>
    /// <exception cref="OperationCanceledException">It took too long; the descriptor is closed.</exception>
    public static async ValueTask<StreamSocket> ConnectAsync(EventLoop loop, IPEndPoint endPoint, CancellationToken cancellation)
    {
        await loop.SwitchTo();
        var socket = new StreamSocket(loop, new BareSocket(Open(endPoint), null));
        try
        {
            if (!socket.TryConnect(endPoint))
            {
                await socket.ConnectedAsync(cancellation).ConfigureAwait(false);
            }

            return socket;
        }
        catch
        {
            socket.Close();
            throw;
        }
    }

    private static int Open(IPEndPoint endPoint)
    {
        int descriptor = LibC.TcpSocket(endPoint.AddressFamily == AddressFamily.InterNetwork ? LibC.AF_INET : LibC.AF_INET6);
        if (descriptor < 0)
        {
            throw Failure(LibC.LastError);
        }

        _ = LibC.SetOption(descriptor, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
        return descriptor;
    }

    private static SocketException Failure(int error) => new(error switch
    {
        Errno.ECONNREFUSED => (int)SocketError.ConnectionRefused,
        Errno.ETIMEDOUT => (int)SocketError.TimedOut,
        Errno.EHOSTUNREACH => (int)SocketError.HostUnreachable,
        Errno.ECONNRESET => (int)SocketError.ConnectionReset,
        Errno.EMFILE or Errno.ENFILE => (int)SocketError.TooManyOpenSockets,
        Errno.ENOBUFS or Errno.ENOMEM => (int)SocketError.NoBufferSpaceAvailable,
        Errno.EADDRNOTAVAIL => (int)SocketError.AddressNotAvailable,
        Errno.ENETUNREACH => (int)SocketError.NetworkUnreachable,
        _ => (int)SocketError.SocketError,
    });

    /// <summary>
    /// True when the connection is there already: a pod on the same node answers the SYN before the call returns, which only a second call tells
    /// (connect(2): EALREADY while it is under way).
    /// </summary>
    private unsafe bool TryConnect(IPEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaxLength];
        int length = SocketAddress.Write(endPoint, address);
        fixed (byte* at = address)
        {
            for (int call = 0; call < 2; call++)
            {
                if (LibC.Connect(Descriptor, at, length) == 0)
                {
                    return true;
                }

                if (LibC.LastError is not (Errno.EINPROGRESS or Errno.EALREADY or Errno.EINTR))
                {
                    throw Failure(LibC.LastError);
                }
            }
        }

        return false;
    }

    private ValueTask<int> ConnectedAsync(CancellationToken cancellation)
    {
        _connecting = true;
        return BeginRead(default, cancellation);
    }

    private void EndConnect(bool failed)
    {
        _connecting = false;
        int error = 0;
        if (failed && LibC.GetOption(Descriptor, LibC.SOL_SOCKET, LibC.SO_ERROR, out error) < 0)
        {
            error = LibC.LastError;
        }

        if (_read is not { IsPending: true })
        {
            return;
        }

        // A hang-up without an error is for the first write to find.
        if (error != 0)
        {
            _read.Fail(Failure(error));
        }
        else
        {
            _read.Complete(0);
        }
    }
}
