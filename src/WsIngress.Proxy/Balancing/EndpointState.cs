namespace WsIngress.Proxy.Balancing;

/// <summary>
/// Live state of one pod, kept by its UID (else its address) across every table swap: what is open and in flight. All routes
/// and all ports of a pod share it.
/// </summary>
public sealed class EndpointState(string key)
{
    private int _openSockets;
    private int _inFlight;
    private volatile PodPhase _phase;

    public string Key { get; } = key;

    /// <summary>WebSockets open now, handshakes under way included.</summary>
    public int OpenSockets => Volatile.Read(ref _openSockets);

    /// <summary>Plain HTTP exchanges under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>What the balancers compare.</summary>
    public int Load => OpenSockets + InFlight;

    /// <summary>Places in the endpoints of backends. Written under the lock of the live tables, as are the next two.</summary>
    internal int Places { get; set; }

    /// <summary>Those of them that say that the pod is terminating.</summary>
    internal int Terminating { get; set; }

    /// <summary>Whether the pod stays; any thread may read it.</summary>
    internal PodPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>Takes a slot if fewer than so many are taken; zero: in any case.</summary>
    internal bool TryTakeSocket(int most)
    {
        if (Interlocked.Increment(ref _openSockets) <= most || most == 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _openSockets);
        return false;
    }

    internal void SocketReturned() => Interlocked.Decrement(ref _openSockets);

    internal void RequestTaken() => Interlocked.Increment(ref _inFlight);

    internal void RequestReturned() => Interlocked.Decrement(ref _inFlight);
}

/// <summary>How long a pod will be there, as the EndpointSlices have it.</summary>
internal enum PodPhase
{
    Serving,

    /// <summary>A slice says that it is going.</summary>
    Terminating,

    /// <summary>No slice has it any more.</summary>
    Gone,
}
