using System.Net;
using System.Runtime.InteropServices;
using WsIngress.Bench.Os;
using WsIngress.Transport.Native;
using SocketAddress = WsIngress.Transport.Native.SocketAddress;

namespace WsIngress.Bench.Pods;

/// <summary>
/// The backend process behind every proxy: one thread over one set of sockets, which allocates nothing per message. It says PORT and its port,
/// and ends when its standard input does.
/// </summary>
internal sealed unsafe class EchoPod : IDisposable
{
    private const int ScratchLength = 256 * 1024;

    private readonly SocketSet _set = new();
    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(ScratchLength, pinned: true);
    private readonly Stack<int> _free = new();
    private readonly int _listener;
    private PodConnection?[] _connections = new PodConnection?[1024];
    private int _used;

    private EchoPod(int port)
    {
        _listener = LibC.TcpSocket(LibC.AF_INET);
        _ = LibC.SetOption(_listener, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1);
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        var length = SocketAddress.Write(new IPEndPoint(IPAddress.Loopback, port), new Span<byte>(address, SocketAddress.MaxLength));
        if (LibC.Bind(_listener, address, length) < 0 || LibC.Listen(_listener, 65_535) < 0)
        {
            throw new IOException($"127.0.0.1:{port}: {Errno.Text(LibC.LastError)}");
        }

        _set.Add(_listener, LibC.EPOLLIN, -1);
    }

    /// <summary>WebSockets that are open.</summary>
    public int Upgraded { get; set; }

    /// <summary>For whoever reads at the moment.</summary>
    public Span<byte> Scratch => new((void*)Marshal.UnsafeAddrOfPinnedArrayElement(_scratch, 0), ScratchLength);

    public static int Run(string[] arguments)
    {
        using var pod = new EchoPod(int.Parse(arguments[0]));
        Console.WriteLine("READY");
        new Thread(static () =>
        {
            while (Console.ReadLine() is not null)
            {
            }

            Environment.Exit(0);
        })
        { IsBackground = true }.Start();
        while (true)
        {
            pod.Turn();
        }
    }

    public void Dispose()
    {
        _ = LibC.Close(_listener);
        _set.Dispose();
    }

    public void Watch(PodConnection connection, uint events) => _set.Change(connection.Descriptor, events, connection.Number);

    /// <summary>Closing takes the descriptor out of the set; a batch holds no second event of it.</summary>
    public void Remove(PodConnection connection)
    {
        _connections[connection.Number] = null;
        _free.Push(connection.Number);
        _ = LibC.Close(connection.Descriptor);
    }

    private void Turn()
    {
        var count = _set.Wait(-1);
        for (var i = 0; i < count; i++)
        {
            var (events, number) = _set.Event(i);
            if (number < 0)
            {
                Accept();
            }
            else
            {
                _connections[number]?.OnEvents(events);
            }
        }
    }

    private void Accept()
    {
        for (int fd; (fd = LibC.Accept(_listener, null, null)) >= 0;)
        {
            _ = LibC.SetOption(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
            var number = _free.TryPop(out var free) ? free : _used++;
            if (number == _connections.Length)
            {
                Array.Resize(ref _connections, _connections.Length * 2);
            }

            _connections[number] = new PodConnection(this, fd, number);
            _set.Add(fd, LibC.EPOLLIN, number);
        }
    }
}
