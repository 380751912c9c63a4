using Microsoft.Extensions.Logging;

namespace WsIngress.Transport.Loops;

/// <summary>The event loops of the process. A connection stays on the loop that accepted it.</summary>
internal sealed class LoopGroup : IDisposable
{
    private readonly EventLoop[] _loops;
    private uint _turn;

    /// <param name="count">Loops; 0: one per core.</param>
    /// <param name="time">The clock of their timers.</param>
    /// <param name="logger">Hears of defects.</param>
    public LoopGroup(int count, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _loops = new EventLoop[count == 0 ? Environment.ProcessorCount : count];
        for (int i = 0; i < _loops.Length; i++)
        {
            _loops[i] = new EventLoop(i, time, logger);
        }
    }

    public IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>The loop whose thread this is, else each in turn.</summary>
    public EventLoop Next() => EventLoop.Current ?? _loops[Interlocked.Increment(ref _turn) % (uint)_loops.Length];

    public void Dispose()
    {
        foreach (EventLoop loop in _loops)
        {
            loop.Dispose();
        }
    }
}
