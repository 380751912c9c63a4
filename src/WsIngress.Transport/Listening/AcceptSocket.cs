using System.Net;
using System.Net.Sockets;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using SocketAddress = WsIngress.Transport.Native.SocketAddress;

namespace WsIngress.Transport.Listening;

/// <summary>One loop's own listening socket; the kernel spreads connections over those of all loops (SO_REUSEPORT, socket(7)).</summary>
internal sealed class AcceptSocket(EpollListener listener, EventLoop loop, int descriptor) : LoopSocket(loop, descriptor)
{
    /// <summary>Connections taken before those that are open have their turn.</summary>
    private const int PerTurn = 64;

    /// <summary>Without descriptors or memory an accept fails at once, again and again: the kernel's queue holds the clients meanwhile.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private PauseTimer? _pause;

    /// <summary>A bound and listening descriptor.</summary>
    /// <exception cref="IOException">The address is in use or cannot be bound; the message names it.</exception>
    public static int Open(IPEndPoint endPoint, bool shared, int backlog)
    {
        bool isV6 = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        int descriptor = LibC.TcpSocket(isV6 ? LibC.AF_INET6 : LibC.AF_INET);
        if (descriptor < 0)
        {
            throw Failed(endPoint, "socket", LibC.LastError);
        }

        _ = LibC.SetOption(descriptor, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1);
        if (shared)
        {
            _ = LibC.SetOption(descriptor, LibC.SOL_SOCKET, LibC.SO_REUSEPORT, 1);
        }

        if (isV6)
        {
            _ = LibC.SetOption(descriptor, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, endPoint.Address.Equals(IPAddress.IPv6Any) ? 0 : 1);
        }

        // On Linux those that are accepted inherit it.
        _ = LibC.SetOption(descriptor, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
        int error = Bind(descriptor, endPoint);
        if (error == 0 && backlog > 0 && LibC.Listen(descriptor, backlog) < 0)
        {
            error = LibC.LastError;
        }

        if (error != 0)
        {
            _ = LibC.Close(descriptor);
            throw Failed(endPoint, "bind", error);
        }

        return descriptor;
    }

    /// <summary>The address that the kernel gave it.</summary>
    public static unsafe IPEndPoint EndPointOf(int descriptor)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaxLength];
        uint length = SocketAddress.MaxLength;
        fixed (byte* at = address)
        {
            _ = LibC.GetSockName(descriptor, at, &length);
        }

        return SocketAddress.Read(address);
    }

    public override void OnEvents(uint events)
    {
        for (int i = 0; i < PerTurn && AcceptOne(); i++)
        {
        }
    }

    /// <summary>Everything that the kernel has queued.</summary>
    public void AcceptAll()
    {
        while (!IsClosed && AcceptOne())
        {
        }
    }

    public override void OnDefect(Exception defect)
    {
        // The defect was a connection's own: accepting goes on.
    }

    private static unsafe int Bind(int descriptor, IPEndPoint endPoint)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaxLength];
        int length = SocketAddress.Write(endPoint, address);
        fixed (byte* at = address)
        {
            return LibC.Bind(descriptor, at, length) == 0 ? 0 : LibC.LastError;
        }
    }

    private static Exception Failed(IPEndPoint endPoint, string call, int error)
    {
        var inner = new SocketException(error == Errno.EADDRINUSE ? (int)SocketError.AddressAlreadyInUse : (int)SocketError.SocketError);
        return error == Errno.EADDRINUSE
            ? new Microsoft.AspNetCore.Connections.AddressInUseException($"Failed to bind to address {endPoint}: address already in use.", inner)
            : new IOException($"Failed to bind to address {endPoint}: {call}: {Errno.Text(error)}.", inner);
    }

    private unsafe bool AcceptOne()
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaxLength];
        uint length = SocketAddress.MaxLength;
        int accepted;
        fixed (byte* at = address)
        {
            accepted = LibC.Accept(Descriptor, at, &length);
        }

        if (accepted >= 0)
        {
            listener.Accepted(Loop, accepted, SocketAddress.Read(address));
            return true;
        }

        int error = LibC.LastError;
        if (error is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
        {
            listener.AcceptPaused(Pause, Errno.Text(error));
            Watch(0);
            Loop.Timers.Set(_pause ??= new PauseTimer(this), Pause);
            return false;
        }

        // A client that left its place in the queue (ECONNABORTED, EPROTO and errors of its network, accept(2)) is not the end of the queue.
        return error is not (Errno.EAGAIN or Errno.EBADF or Errno.EINVAL);
    }

    private sealed class PauseTimer(AcceptSocket socket) : LoopTimer
    {
        public override void OnDue() => socket.Watch(LibC.EPOLLIN);
    }
}
