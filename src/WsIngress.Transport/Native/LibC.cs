using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WsIngress.Transport.Native;

/// <summary>
/// The calls of the C library that a loop lives on. Those that never block skip the collector's bookkeeping (measured: with it, two calls a
/// message cost as much as the scan of its frames). Each answers -1 and sets <see cref="LastError"/> as its manual page says.
/// </summary>
internal static unsafe class LibC
{
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_ERROR = 4;
    public const int SO_KEEPALIVE = 9;
    public const int SO_LINGER = 13;
    public const int SO_REUSEPORT = 15;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;
    public const nuint SIOCOUTQ = 0x5411;
    public const int TCP_DEFER_ACCEPT = 9;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_V6ONLY = 26;
    public const int MSG_PEEK = 0x2;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_MORE = 0x8000;
    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;

    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;
    private const int EFD_CLOEXEC = 0x80000;

    private static readonly nint Library = NativeLibrary.Load("libc.so.6");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int*> ErrnoLocation = (delegate* unmanaged[SuppressGCTransition]<int*>)Export("__errno_location");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, byte*, nuint, int, nint> RecvCall = (delegate* unmanaged[SuppressGCTransition]<int, byte*, nuint, int, nint>)Export("recv");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, byte*, nuint, int, nint> SendCall = (delegate* unmanaged[SuppressGCTransition]<int, byte*, nuint, int, nint>)Export("send");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, int, int, void*, int> EpollCtlCall = (delegate* unmanaged[SuppressGCTransition]<int, int, int, void*, int>)Export("epoll_ctl");
    private static readonly delegate* unmanaged<int, void*, int, int, int> EpollWaitCall = (delegate* unmanaged<int, void*, int, int, int>)Export("epoll_wait");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, void*, int, int, int> EpollPollCall = (delegate* unmanaged[SuppressGCTransition]<int, void*, int, int, int>)Export("epoll_wait");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, byte*, uint*, int, int> Accept4Call = (delegate* unmanaged[SuppressGCTransition]<int, byte*, uint*, int, int>)Export("accept4");
    private static readonly delegate* unmanaged<int, byte*, uint, int> ConnectCall = (delegate* unmanaged<int, byte*, uint, int>)Export("connect");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, int, int> ShutdownCall = (delegate* unmanaged[SuppressGCTransition]<int, int, int>)Export("shutdown");
    private static readonly delegate* unmanaged<int, int> CloseCall = (delegate* unmanaged<int, int>)Export("close");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, int, int, int> SocketCall = (delegate* unmanaged[SuppressGCTransition]<int, int, int, int>)Export("socket");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, int, int, void*, uint, int> SetSockOptCall = (delegate* unmanaged[SuppressGCTransition]<int, int, int, void*, uint, int>)Export("setsockopt");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, nuint, void*, int> IoctlCall = (delegate* unmanaged[SuppressGCTransition]<int, nuint, void*, int>)Export("ioctl");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, int, int, void*, uint*, int> GetSockOptCall = (delegate* unmanaged[SuppressGCTransition]<int, int, int, void*, uint*, int>)Export("getsockopt");
    private static readonly delegate* unmanaged<int, byte*, uint, int> BindCall = (delegate* unmanaged<int, byte*, uint, int>)Export("bind");
    private static readonly delegate* unmanaged<int, int, int> ListenCall = (delegate* unmanaged<int, int, int>)Export("listen");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, byte*, uint*, int> GetSockNameCall = (delegate* unmanaged[SuppressGCTransition]<int, byte*, uint*, int>)Export("getsockname");
    private static readonly delegate* unmanaged<int, int> EpollCreateCall = (delegate* unmanaged<int, int>)Export("epoll_create1");
    private static readonly delegate* unmanaged<uint, int, int> EventFdCall = (delegate* unmanaged<uint, int, int>)Export("eventfd");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, void*, nuint, nint> ReadCall = (delegate* unmanaged[SuppressGCTransition]<int, void*, nuint, nint>)Export("read");
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, void*, nuint, nint> WriteCall = (delegate* unmanaged[SuppressGCTransition]<int, void*, nuint, nint>)Export("write");

    /// <summary>Stands before the kernel's send in tests of short counts and refusals, which a loopback rarely gives; null outside of them.</summary>
    internal static SendFault? SendFault { get; set; }

    /// <summary>The error number of this thread's last failed call. Read it before anything else runs.</summary>
    public static int LastError => *ErrnoLocation();

    public static nint Recv(int fd, byte* buffer, int length) => RecvCall(fd, buffer, (nuint)length, MSG_DONTWAIT);

    /// <summary>Reads and leaves what it read.</summary>
    public static nint Peek(int fd, byte* buffer, int length) => RecvCall(fd, buffer, (nuint)length, MSG_DONTWAIT | MSG_PEEK);

    public static nint Send(int fd, byte* buffer, int length) => SendFault is { } fault ? fault(fd, buffer, length) : SendNow(fd, buffer, length);

    internal static nint SendNow(int fd, byte* buffer, int length) => SendCall(fd, buffer, (nuint)length, MSG_DONTWAIT | MSG_NOSIGNAL);

    /// <summary>Sends together with what follows at once: more bytes, or the end of the stream (send(2), MSG_MORE).</summary>
    public static nint SendMore(int fd, byte* buffer, int length) => SendFault is { } fault ? fault(fd, buffer, length) : SendCall(fd, buffer, (nuint)length, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);

    public static int EpollCreate() => EpollCreateCall(EPOLL_CLOEXEC);

    public static int EpollControl(int epoll, int operation, int fd, uint events, ulong data)
    {
        byte* raw = stackalloc byte[EpollEvents.MaxSize];
        EpollEvents.Write(raw, events, data);
        return EpollCtlCall(epoll, operation, fd, raw);
    }

    /// <summary>Waits up to <paramref name="milliseconds"/>; -1 waits for ever. The collector may run meanwhile.</summary>
    public static int EpollWait(int epoll, byte* events, int count, int milliseconds) => EpollWaitCall(epoll, events, count, milliseconds);

    /// <summary>Looks without waiting.</summary>
    public static int EpollPoll(int epoll, byte* events, int count) => EpollPollCall(epoll, events, count, 0);

    public static int EventFd() => EventFdCall(0, EFD_NONBLOCK | EFD_CLOEXEC);

    public static nint Read(int fd, void* buffer, int length) => ReadCall(fd, buffer, (nuint)length);

    public static nint Write(int fd, void* buffer, int length) => WriteCall(fd, buffer, (nuint)length);

    /// <summary>A TCP socket that does not block and is not inherited.</summary>
    public static int TcpSocket(int family) => RecentDescriptor.Note(SocketCall(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));

    public static int Accept(int listener, byte* address, uint* length) => RecentDescriptor.Note(Accept4Call(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));

    public static int Connect(int fd, byte* address, int length) => ConnectCall(fd, address, (uint)length);

    public static int Bind(int fd, byte* address, int length) => BindCall(fd, address, (uint)length);

    public static int Listen(int fd, int backlog) => ListenCall(fd, backlog);

    public static int GetSockName(int fd, byte* address, uint* length) => GetSockNameCall(fd, address, length);

    public static int Shutdown(int fd, int how) => ShutdownCall(fd, how);

    public static int Close(int fd) => CloseCall(fd);

    public static int SetOption(int fd, int level, int name, int value) => SetSockOptCall(fd, level, name, &value, sizeof(int));

    public static int GetOption(int fd, int level, int name, out int value)
    {
        int read = 0;
        uint length = sizeof(int);
        int result = GetSockOptCall(fd, level, name, &read, &length);
        value = read;
        return result;
    }

    /// <summary>Bytes in the send queue that the peer has not acknowledged (tcp(7), SIOCOUTQ); 0 when nobody knows.</summary>
    public static int UnsentBytes(int fd)
    {
        int bytes = 0;
        return IoctlCall(fd, SIOCOUTQ, &bytes) < 0 ? 0 : bytes;
    }

    /// <summary>Makes the next close send RST and drop what was not sent (socket(7), SO_LINGER with time 0).</summary>
    public static void ResetOnClose(int fd)
    {
        int* linger = stackalloc int[2];
        linger[0] = 1;
        linger[1] = 0;
        _ = SetSockOptCall(fd, SOL_SOCKET, SO_LINGER, linger, 8);
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);
}

/// <summary>As send(2): a count, or -1 with the error number set.</summary>
internal unsafe delegate nint SendFault(int descriptor, byte* bytes, int length);

/// <summary><c>struct epoll_event</c>: packed on x64 alone (epoll_ctl(2)), padded to 16 bytes elsewhere.</summary>
internal static unsafe class EpollEvents
{
    public const int MaxSize = 16;

    public static readonly int Size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly int DataOffset = Size - 8;

    public static void Write(byte* at, uint events, ulong data)
    {
        Unsafe.WriteUnaligned(at, events);
        Unsafe.WriteUnaligned(at + DataOffset, data);
    }

    public static (uint Events, ulong Data) Read(byte* batch, int index)
    {
        byte* at = batch + (index * Size);
        return (Unsafe.ReadUnaligned<uint>(at), Unsafe.ReadUnaligned<ulong>(at + DataOffset));
    }
}
