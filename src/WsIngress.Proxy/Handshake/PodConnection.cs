using System.Net.Sockets;
using WsIngress.Proxy.Balancing;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// An open connection to a pod and the slot it holds in the pod's load. One owner; disposing closes the socket and gives the
/// slot back, once, on whichever path a handshake or socket ends.
/// </summary>
internal sealed class PodConnection(EndpointEntry endpoint, Stream stream, Socket? socket = null) : IAsyncDisposable
{
    private int _disposed;
    private byte[] _early = [];

    public EndpointEntry Endpoint { get; } = endpoint;

    /// <summary>Called once when the connection is disposed, and not when it is detached: gives back what was taken with the slot.</summary>
    public Action? Returned { get; set; }

    /// <summary>Plain or TLS.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>Keeps a copy of what the pod sent after its 101, for <see cref="TakeEarly"/>.</summary>
    public void KeepEarly(ReadOnlySpan<byte> bytes) => _early = bytes.ToArray();

    /// <summary>Bytes the pod sent after its 101, in the order they came. Given away once: an open socket keeps no buffer.</summary>
    public byte[] TakeEarly()
    {
        var early = _early;
        _early = [];
        return early;
    }

    /// <summary>
    /// Gives the bare socket away if it lives on a loop, and with it the slot: who takes them returns both. On the loop's thread.
    /// </summary>
    public bool TryDetach(out BareSocket bare)
    {
        bare = default;
        if (Stream is not LoopStream loop || Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return false;
        }

        bare = loop.Socket.HandOver();
        return true;
    }

    /// <summary>
    /// Says that nothing more will be sent: FIN, and close_notify before it where TLS is the loop's own. SslStream cannot say it while it is read
    /// (<see cref="Relay.RelayEnd.From"/>); a pod has the Close frame then, or half of one frame, which FIN alone does not make worse.
    /// </summary>
    public async ValueTask ShutdownWriteAsync()
    {
        if (Stream is LoopStream loop)
        {
            await loop.ShutdownWriteAsync();
        }

        socket?.Shutdown(SocketShutdown.Send);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Returned?.Invoke();
        Endpoint.State.SocketReturned();
        try
        {
            await Stream.DisposeAsync();
        }
        finally
        {
            socket?.Dispose();
        }
    }
}
