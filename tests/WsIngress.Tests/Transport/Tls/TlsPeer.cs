using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>Drives a session over its socket as a loop does, by one thread at a time and a poll where a loop has epoll. Owns the session, not the socket.</summary>
internal sealed class TlsPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Socket _socket;

    /// <summary>A test that fails disposes what another thread may still be inside of.</summary>
    private readonly Lock _gate = new();

    private TlsPeer(Socket socket, TlsSession session)
    {
        _socket = socket;
        Session = session;
    }

    public TlsSession Session { get; }

    public static TlsPeer Serve(TlsServer server, Socket socket) => new(NonBlocking(socket), server.Accept((int)socket.Handle));

    public static TlsPeer Connect(TlsClient client, Socket socket, string name) => new(NonBlocking(socket), client.Connect((int)socket.Handle, name));

    /// <summary>The handshake to its end: 1, <see cref="IoResult.End"/> or <see cref="IoResult.Failed"/>.</summary>
    public Task<int> HandshakeAsync() => Task.Run(() => Wait(HandshakeNow));

    public async Task EstablishAsync() => Assert.True(await HandshakeAsync() == 1, $"the handshake failed: {Session.Fault}, {Session.FailureText}");

    /// <summary>One read with something to show for it: a count or an end.</summary>
    public Task<int> ReadAsync(Memory<byte> buffer) => Task.Run(() => Wait(() => ReadNow(buffer.Span)));

    /// <summary>Everything up to the end, or so many bytes.</summary>
    public async Task<byte[]> ReadAllAsync(int most = int.MaxValue, int step = 4096)
    {
        var all = new MemoryStream();
        var buffer = new byte[step];
        int count;
        while (all.Length < most && (count = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(step, most - all.Length)))) > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    public async Task<string> ReadTextAsync(int length) => Encoding.ASCII.GetString(await ReadAllAsync(length));

    /// <summary>All of it; 1, or how it failed.</summary>
    public Task<int> WriteAsync(ReadOnlyMemory<byte> bytes) => Task.Run(() =>
    {
        while (!bytes.IsEmpty)
        {
            int count = Wait(() => WriteNow(bytes.Span));
            if (count <= 0)
            {
                return count;
            }

            bytes = bytes[count..];
        }

        return 1;
    });

    public Task<int> WriteTextAsync(string text) => WriteAsync(Encoding.ASCII.GetBytes(text));

    public int HandshakeNow()
    {
        lock (_gate)
        {
            return Session.Handshake();
        }
    }

    public int ReadNow(Span<byte> buffer)
    {
        lock (_gate)
        {
            return Session.Read(buffer);
        }
    }

    public int WriteNow(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            return Session.Write(bytes);
        }
    }

    /// <summary>The kernel has something for the session, or gets it in time.</summary>
    public bool Readable(TimeSpan wait) => _socket.Poll(wait, SelectMode.SelectRead);

    public void Dispose()
    {
        lock (_gate)
        {
            Session.Dispose();
        }
    }

    private bool Pends()
    {
        lock (_gate)
        {
            return Session.HasPending;
        }
    }

    private static Socket NonBlocking(Socket socket)
    {
        socket.Blocking = false;
        return socket;
    }

    private int Wait(Func<int> step)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            int result = step();
            if (result is not (IoResult.WantRead or IoResult.WantWrite))
            {
                return result;
            }

            Assert.False(Pends(), "asked to wait for the descriptor while something pends that it does not show");

            // A socket that is being reset may be in error without being readable yet, and then Poll says no at once.
            bool ready = _socket.Poll(Patience, result == IoResult.WantRead ? SelectMode.SelectRead : SelectMode.SelectWrite);
            Assert.True(ready || Stopwatch.GetElapsedTime(started) < Patience, "nothing came in the time");
        }
    }
}
