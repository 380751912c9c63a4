using System.Net;
using WsIngress.Bench.Os;
using WsIngress.Transport.Native;
using SocketAddress = WsIngress.Transport.Native.SocketAddress;

namespace WsIngress.Bench.Proxies;

/// <summary>
/// The least that can stand between a client and a pod: two threads that pass on what comes, one `recv` and one `send` each, and read
/// nothing of it. No proxy: a socket whose peer does not take everything at once is cut. What it costs is what the system calls cost. Told to be
/// polite, it sends the pod of a client that has left a Close frame, passes on the answer, and ends when the pod does: the least for a relay that tells both sides.
/// </summary>
internal sealed unsafe class BareRelay
{
    private const int BufferLength = 16 * 1024;

    private static readonly int[] Peers = new int[Workplace.Files];
    private static readonly bool[] AreClients = new bool[Workplace.Files];

    /// <summary>1001, masked with zeros.</summary>
    private static readonly byte[] Goodbye = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9];

    private readonly SocketSet _set = new();
    private readonly int _listener;
    private readonly byte[] _pod = new byte[SocketAddress.MaxLength];
    private readonly int _podLength;
    private readonly bool _isPolite;

    private BareRelay(int port, int pod, bool isPolite)
    {
        _isPolite = isPolite;
        _podLength = SocketAddress.Write(new IPEndPoint(IPAddress.Loopback, pod), _pod);
        _listener = LibC.TcpSocket(LibC.AF_INET);
        _ = LibC.SetOption(_listener, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1);
        _ = LibC.SetOption(_listener, LibC.SOL_SOCKET, LibC.SO_REUSEPORT, 1);
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        var length = SocketAddress.Write(new IPEndPoint(IPAddress.Loopback, port), new Span<byte>(address, SocketAddress.MaxLength));
        if (LibC.Bind(_listener, address, length) < 0 || LibC.Listen(_listener, 65_535) < 0)
        {
            throw new IOException($"127.0.0.1:{port}: {Errno.Text(LibC.LastError)}");
        }

        _set.Add(_listener, LibC.EPOLLIN, _listener);
    }

    /// <param name="arguments">Port, port of the pod, and `polite` or nothing.</param>
    public static int Run(string[] arguments)
    {
        BareRelay[] loops = [.. Enumerable.Range(0, 2).Select(_ => new BareRelay(int.Parse(arguments[0]), int.Parse(arguments[1]), arguments.Length > 2))];
        new Thread(loops[1].Work) { IsBackground = true }.Start();
        loops[0].Work();
        return 0;
    }

    private void Work()
    {
        byte* buffer = stackalloc byte[BufferLength];
        while (true)
        {
            var count = _set.Wait(-1);
            for (var i = 0; i < count; i++)
            {
                var fd = _set.Event(i).Tag;
                if (fd == _listener)
                {
                    Accept();
                }
                else if (!Pass(fd, buffer))
                {
                    End(fd);
                }
            }
        }
    }

    private void Accept()
    {
        for (int fd; (fd = LibC.Accept(_listener, null, null)) >= 0;)
        {
            _ = LibC.SetOption(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
            (Peers[fd], AreClients[fd]) = (0, true);
            _set.Add(fd, LibC.EPOLLIN, fd);
        }
    }

    /// <summary>False when this socket and its peer are to end. A socket that ended in the same batch reads EBADF or nothing.</summary>
    private bool Pass(int fd, byte* buffer)
    {
        var length = (int)LibC.Recv(fd, buffer, BufferLength);
        if (length < 0)
        {
            return LibC.LastError is Errno.EAGAIN or Errno.EBADF;
        }

        if (length > 0 && Peers[fd] == 0)
        {
            Peers[fd] = Dial();
            (Peers[Peers[fd]], AreClients[Peers[fd]]) = (fd, false);
        }

        if (_isPolite && (length == 0 || !AreClients[fd]) && Peers[fd] > 0)
        {
            return length > 0 ? Answer(fd, buffer, length) : AreClients[fd] && Tell(fd);
        }

        return length > 0 && LibC.Send(Peers[fd], buffer, length) == length;
    }

    /// <summary>The client may be gone: its pod is passed on all the same, and ends the connection.</summary>
    private static bool Answer(int fd, byte* buffer, int length)
    {
        _ = LibC.Send(Peers[fd], buffer, length);
        return true;
    }

    private bool Tell(int fd)
    {
        _set.Remove(fd);
        fixed (byte* close = Goodbye)
        {
            return LibC.Send(Peers[fd], close, Goodbye.Length) == Goodbye.Length;
        }
    }

    /// <summary>A listener of the same machine has completed the connection when this is asked a second time.</summary>
    private int Dial()
    {
        var fd = LibC.TcpSocket(LibC.AF_INET);
        _ = LibC.SetOption(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
        fixed (byte* pod = _pod)
        {
            if (LibC.Connect(fd, pod, _podLength) < 0 && LibC.Connect(fd, pod, _podLength) < 0)
            {
                throw new IOException($"the pod: {Errno.Text(LibC.LastError)}");
            }
        }

        _set.Add(fd, LibC.EPOLLIN, fd);
        return fd;
    }

    private static void End(int fd)
    {
        var peer = Peers[fd];
        Peers[fd] = 0;
        if (peer > 0)
        {
            Peers[peer] = 0;
            _ = LibC.Close(peer);
        }

        _ = LibC.Close(fd);
    }
}
