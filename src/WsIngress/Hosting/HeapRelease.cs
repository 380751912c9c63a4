namespace WsIngress.Hosting;

/// <summary>
/// Gives memory back to the system after a burst: the collector runs when something is allocated, and after many sockets have opened or closed
/// nothing is for a long time. When the rate has fallen it has the garbage found beside the traffic, and then, of a heap small enough that nobody
/// feels the stop, returns what is free.
/// </summary>
internal sealed class HeapRelease : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>From one release to the next at least: it costs some ten milliseconds, which a storm of handshakes must not pay again and again.</summary>
    public static readonly TimeSpan Spacing = TimeSpan.FromSeconds(5);

    /// <summary>Allocated since the last time: less is not worth it.</summary>
    public const long Burst = 16 << 20;

    /// <summary>Allocated within one interval: less is quiet.</summary>
    public const long Quiet = 256 << 10;

    /// <summary>What lives in a heap that may be compacted while sockets wait; above it the background collection is all.</summary>
    public const long MostHeap = 64 << 20;

    private readonly IHeap _heap;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long? _releasedAt;
    private long _last;
    private long _released;
    private bool _sweeping;

    public HeapRelease(TimeProvider time, IHeap? heap = null)
    {
        _heap = heap ?? new ProcessHeap();
        _time = time;
        _released = _last = _heap.Allocated;
        _timer = time.CreateTimer(static release => ((HeapRelease)release!).Look(), this, Interval, Interval);
    }

    /// <summary>The heap as the collector knows it.</summary>
    internal interface IHeap
    {
        /// <summary>Bytes that were ever allocated.</summary>
        long Allocated { get; }

        /// <summary>Bytes of objects, dead ones that were not found yet among them.</summary>
        long Used { get; }

        /// <summary>Finds what is dead, beside the traffic.</summary>
        void Sweep();

        /// <summary>Compacts and returns what is free; everything waits for it.</summary>
        void Compact();
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = _heap.Allocated;
        var isQuiet = now - _last < Quiet;
        _last = now;
        if (!isQuiet)
        {
            _sweeping = false;
        }
        else if (_sweeping)
        {
            _sweeping = false;
            (_released, _releasedAt) = (now, _time.GetTimestamp());
            if (_heap.Used <= MostHeap)
            {
                _heap.Compact();
            }
        }
        else if (now - _released >= Burst && (_releasedAt is not { } at || _time.GetElapsedTime(at) >= Spacing))
        {
            _sweeping = true;
            _heap.Sweep();
        }
    }

    private sealed class ProcessHeap : IHeap
    {
        public long Allocated => GC.GetTotalAllocatedBytes();

        public long Used => GC.GetTotalMemory(forceFullCollection: false);

        public void Sweep() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);

        public void Compact() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
