using System.Net.Sockets;

namespace WsIngress.Relay;

/// <summary>
/// One side of a relay: a stream, and how to end its write half alone, which <see cref="System.IO.Stream"/> cannot say.
/// </summary>
/// <param name="Stream">Read by one pump and written by the other at the same time. The relay disposes it.</param>
/// <param name="ShutdownWrite">
/// Ends the write half: FIN on TCP, close_notify on TLS, END_STREAM on HTTP/2. Called at most once, after the last write. It may fail; the
/// relay goes on. Null where that is impossible: then the peer learns of the end when the stream is disposed.
/// </param>
public sealed record RelayEnd(Stream Stream, Func<ValueTask>? ShutdownWrite)
{
    /// <summary>The end of a stream whose half-close is known: NetworkStream; others get none.</summary>
    /// <remarks>
    /// None for SslStream: its ShutdownAsync calls into OpenSSL beside a read that the other pump has under way, and OpenSSL must not be called twice at once
    /// for one session. It was seen to take the process down.
    /// </remarks>
    public static RelayEnd From(Stream stream)
    {
        return new RelayEnd(stream, stream is NetworkStream network ? () => ShutdownSend(network) : null);
    }

    private static ValueTask ShutdownSend(NetworkStream network)
    {
        network.Socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }
}
