using System.Net;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Plain;

/// <summary>
/// A connection to a pod that carries one request after another. An idle one ends when the pod ends it, or says
/// something: what answers no request would be heard in place of the next answer.
/// </summary>
internal sealed class KeptPod(StreamSocket socket, EndPoint target) : IPeerWatch
{
    private PodPool? _pool;

    public StreamSocket Socket { get; } = socket;

    /// <summary>What it is kept under.</summary>
    public EndPoint Target { get; } = target;

    /// <summary>A timestamp of the loop's clock.</summary>
    public long IdleSince { get; private set; }

    /// <summary>Has served a request before: the pod may have ended it just now.</summary>
    public bool HasServed { get; private set; }

    public void Rest(PodPool pool)
    {
        _pool = pool;
        HasServed = true;
        IdleSince = Socket.Loop.Now;
        Socket.WatchForEnd(this);
    }

    public void Wake()
    {
        _pool = null;
        Socket.WatchForEnd(null);
    }

    public void PeerSpoke() => PeerGone();

    public void PeerGone()
    {
        _pool?.Remove(this);
        Socket.Close();
    }
}
