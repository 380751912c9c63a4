using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Kestrel;

/// <summary>The way out of Kestrel for a connection of the epoll transport.</summary>
internal interface IDetachFeature
{
    /// <summary>The loop that the connection lives on; a pod's socket has to be of the same.</summary>
    EventLoop Loop { get; }

    /// <summary>
    /// Takes the socket out of the server: what was written is on its way, and nothing more is read into pipes. On the loop's thread, right after an
    /// upgrade. False if bytes still wait for the kernel, or the connection has ended: then it stays as it is.
    /// </summary>
    /// <param name="socket">The socket, to be owned.</param>
    /// <param name="early">What the client sent behind its handshake.</param>
    bool TryDetach(out BareSocket socket, out byte[] early);
}
