using System.Net;
using System.Net.Sockets;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Native;

namespace WsIngress.Tests.Transport.Support;

/// <summary>A TCP connection over loopback: the test's end, and a bare descriptor that whoever takes it closes.</summary>
internal static class SocketPair
{
    private const int SO_SNDBUF = 7;
    private const int SO_RCVBUF = 8;

    /// <param name="buffers">Bytes of the kernel's buffers at both ends; 0 leaves them as they are.</param>
    public static unsafe (Socket Far, int Near) Open(int buffers = 0)
    {
        int listener = AcceptSocket.Open(new IPEndPoint(IPAddress.Loopback, 0), shared: false, backlog: 8);
        try
        {
            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (buffers > 0)
            {
                // Before the connection is made: the window is agreed on then, and an accepted socket has its listener's.
                far.ReceiveBufferSize = far.SendBufferSize = buffers;
                _ = LibC.SetOption(listener, LibC.SOL_SOCKET, SO_SNDBUF, buffers);
                _ = LibC.SetOption(listener, LibC.SOL_SOCKET, SO_RCVBUF, buffers);
            }

            far.Connect(AcceptSocket.EndPointOf(listener));
            int near;
            byte* address = stackalloc byte[128];
            do
            {
                uint length = 128;
                near = LibC.Accept(listener, address, &length);
            }
            while (near < 0 && LibC.LastError == Errno.EAGAIN);
            _ = LibC.SetOption(near, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
            return (far, near);
        }
        finally
        {
            _ = LibC.Close(listener);
        }
    }

    /// <summary>Which socket it is, whatever numbers are used again later (proc(5)); null when the descriptor is closed.</summary>
    public static string? Inode(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;

    /// <summary>Ends it with RST.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
