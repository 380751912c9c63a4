using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Relay.Support;

/// <summary>The peer's end of a connection, plain or with TLS. Whatever breaks it comes as a SocketException.</summary>
internal sealed class FarEnd : IDisposable
{
    /// <summary>Peers live by the real clock, and survive the loop of the relay.</summary>
    private static readonly Lazy<EventLoop> Loop = new(() => new EventLoop(1, TimeProvider.System, NullLogger.Instance));

    private readonly Socket? _plain;
    private readonly LoopStream? _tls;
    private readonly Func<int, TlsSession>? _session;

    /// <param name="socket">Connected. It belongs to this object.</param>
    /// <param name="session">TLS over its descriptor; null for none.</param>
    public FarEnd(Socket socket, Func<int, TlsSession>? session)
    {
        if (session is null)
        {
            _plain = socket;
            return;
        }

        socket.Blocking = false;
        int descriptor = (int)socket.Handle;
        socket.SafeHandle.SetHandleAsInvalid();
        _session = session;
        _tls = new LoopStream(new StreamSocket(Loop.Value, new BareSocket(descriptor, null)));
    }

    /// <summary>The TLS handshake, if there is one.</summary>
    public Task BeginAsync(CancellationToken stop)
    {
        return _tls is null ? Task.CompletedTask : _tls.Socket.ShakeHandsAsync(_session!(_tls.Socket.Descriptor), stop).AsTask();
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        if (_tls is not null)
        {
            await TranslateAsync(_tls.WriteAsync(bytes, stop).AsTask());
            return;
        }

        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _plain!.SendAsync(bytes, SocketFlags.None, stop)..];
        }
    }

    public async Task<int> ReceiveAsync(Memory<byte> buffer, CancellationToken stop)
    {
        if (_tls is null)
        {
            return await _plain!.ReceiveAsync(buffer, SocketFlags.None, stop);
        }

        Task<int> read = _tls.ReadAsync(buffer, stop).AsTask();
        await TranslateAsync(read);
        return await read;
    }

    /// <summary>Nothing more will be sent: close_notify, where there is TLS, and FIN.</summary>
    public async Task EndAsync()
    {
        if (_tls is not null)
        {
            await _tls.ShutdownWriteAsync();
        }
        else
        {
            _plain!.Shutdown(SocketShutdown.Send);
        }
    }

    public async Task ResetAsync()
    {
        if (_tls is null)
        {
            _plain!.Reset();
            return;
        }

        await Loop.Value.SwitchTo();
        _tls.Socket.Close(reset: true);
        _tls.Socket.Abandon();
    }

    public void Dispose()
    {
        _plain?.Dispose();
        _tls?.Dispose();
    }

    private static async Task TranslateAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (IOException)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }
}
