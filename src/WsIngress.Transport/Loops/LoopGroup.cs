using Microsoft.Extensions.Logging;

namespace WsIngress.Transport.Loops;

/// <summary>The event loops of the process, and the watch over them. A connection stays on the loop that accepted it.</summary>
internal sealed class LoopGroup : IDisposable
{
    /// <summary>A turn that takes longer is reported: all sockets of the loop wait for it.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private readonly EventLoop[] _loops;
    private readonly long[] _reported;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _watchdog;
    private uint _turn;
    private long _stuck;

    /// <param name="count">Loops; 0: one per core.</param>
    /// <param name="time">The clock of their timers.</param>
    /// <param name="logger">Hears of defects and of loops that are stuck.</param>
    public LoopGroup(int count, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _time = time;
        _logger = logger;
        _loops = new EventLoop[count == 0 ? Environment.ProcessorCount : count];
        _reported = new long[_loops.Length];
        for (int i = 0; i < _loops.Length; i++)
        {
            _loops[i] = new EventLoop(i, time, logger);
        }

        _watchdog = time.CreateTimer(static group => ((LoopGroup)group!).Look(), this, LookEvery, LookEvery);
    }

    public IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>Turns so far that took longer than <see cref="StuckAfter"/>, those that still run included.</summary>
    public long Stuck => Interlocked.Read(ref _stuck);

    /// <summary>The loop whose thread this is, else each in turn.</summary>
    public EventLoop Next() => EventLoop.Current ?? _loops[Interlocked.Increment(ref _turn) % (uint)_loops.Length];

    public void Dispose()
    {
        _watchdog.Dispose();
        foreach (EventLoop loop in _loops)
        {
            loop.Dispose();
        }
    }

    private void Look()
    {
        foreach (EventLoop loop in _loops)
        {
            long started = loop.TurnStarted;
            TimeSpan busy = started == 0 ? TimeSpan.Zero : _time.GetElapsedTime(started);
            if (busy >= StuckAfter && Interlocked.Exchange(ref _reported[loop.Index], started) != started)
            {
                Interlocked.Increment(ref _stuck);
                TransportLog.LoopStuck(_logger, loop.Index, busy.TotalSeconds);
            }
        }
    }
}
