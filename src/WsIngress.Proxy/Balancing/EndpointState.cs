using WsIngress.Proxy.Admission;
using WsIngress.Routing;

namespace WsIngress.Proxy.Balancing;

/// <summary>
/// Live state of one pod, kept by its namespace and UID (else its address) across every table swap: what is open and in flight. All routes
/// and all ports of a pod share it.
/// </summary>
public sealed class EndpointState(string key)
{
    private int _openSockets;
    private int _inFlight;
    private volatile PodPhase _phase;
    private PaceBucket? _bucket;
    private long _readySince = NotWatched;

    /// <summary>It was ready when it was first seen.</summary>
    private const long NotWatched = long.MinValue;

    /// <summary>The share with which a pod begins: enough to fill its caches, and to be seen to fail.</summary>
    private const double Coldest = 0.1;

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

    /// <summary>Those of them in which it may be picked.</summary>
    internal int Eligible { get; set; }

    /// <summary>What it may take of new sockets; made when a pace is first asked of it.</summary>
    internal PaceBucket Bucket => Volatile.Read(ref _bucket) ?? Interlocked.CompareExchange(ref _bucket, new PaceBucket(), null) ?? _bucket!;

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

    /// <summary>It has become ready while somebody looked.</summary>
    internal void BecameReady(long now) => Volatile.Write(ref _readySince, now);

    /// <summary>Its share of what a pod gets: from a tenth when it has just become ready to 1 when the time of its start is over.</summary>
    internal double Warmth(TimeSpan slowStart, long now, TimeProvider time)
    {
        var since = Volatile.Read(ref _readySince);
        if (since == NotWatched || slowStart <= TimeSpan.Zero)
        {
            return 1;
        }

        return Math.Clamp(Coldest + ((1 - Coldest) * (time.GetElapsedTime(since, now) / slowStart)), Coldest, 1);
    }

    /// <summary>The pace of new sockets at a moment of its start; its bucket grows as its rate does.</summary>
    internal PaceNow PaceAt(BackendPolicy policy, long now, TimeProvider time)
    {
        var warmth = Warmth(policy.SlowStart, now, time);
        return new(policy.Pace.Rate * warmth, Math.Max(1, policy.Pace.Capacity * warmth), now, time);
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
