using System.Net.Security;
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
    /// <summary>The end of a stream whose half-close is known: NetworkStream and SslStream; others get none.</summary>
    public static RelayEnd From(Stream stream)
    {
        Func<ValueTask>? shutdownWrite = stream switch
        {
            NetworkStream network => () => ShutdownSend(network),
            SslStream tls => () => new ValueTask(tls.ShutdownAsync()),
            _ => null,
        };
        return new RelayEnd(stream, shutdownWrite);
    }

    private static ValueTask ShutdownSend(NetworkStream network)
    {
        network.Socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }
}
