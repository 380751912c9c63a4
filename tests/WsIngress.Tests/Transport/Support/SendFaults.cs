using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Tests.Transport.Support;

/// <summary>Has the kernel's <c>send</c> answer otherwise on one event loop, as a full buffer or a dead peer would.</summary>
internal sealed unsafe class SendFaults : IDisposable
{
    private static readonly ConcurrentDictionary<EventLoop, SendFaults> Faulty = new();

    private readonly Dictionary<int, long> _left = [];
    private readonly EventLoop _loop;
    private Random? _random;
    private long _budget = long.MaxValue;
    private int _percent;
    private int _breaks;
    private int _refused;
    private int _cut;

    private SendFaults(EventLoop loop)
    {
        _loop = loop;
        Faulty[loop] = this;
        LibC.SendFault ??= Send;
    }

    /// <summary>Calls that were answered EAGAIN though there was room.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Calls that took less than they were given though there was room.</summary>
    public int Cut => Volatile.Read(ref _cut);

    public static SendFaults On(EventLoop loop) => new(loop);

    /// <summary>That many of 100 calls answer EAGAIN or take a part, as chance has it.</summary>
    public SendFaults Randomly(int percent, int seed)
    {
        (_percent, _random) = (percent, new Random(seed));
        return this;
    }

    /// <summary>The descriptor takes that many bytes and is broken then, for writing alone. Before the loop sends anything.</summary>
    public SendFaults BreakAfter(int descriptor, long bytes)
    {
        _left[descriptor] = bytes;
        return this;
    }

    /// <summary>All descriptors together take that many bytes from now on, and whatever <see cref="Allow"/> adds.</summary>
    public void Budget(long bytes) => Volatile.Write(ref _budget, bytes);

    public void Allow(long bytes) => Interlocked.Add(ref _budget, bytes);

    /// <summary>The next call finds its connection broken.</summary>
    public void BreakNext() => Volatile.Write(ref _breaks, 1);

    public void Dispose() => Faulty.TryRemove(_loop, out _);

    private static nint Send(int descriptor, byte* bytes, int length) =>
        EventLoop.Current is { } loop && Faulty.TryGetValue(loop, out SendFaults? faults)
            ? faults.Answer(descriptor, bytes, length)
            : LibC.SendNow(descriptor, bytes, length);

    private nint Answer(int descriptor, byte* bytes, int length)
    {
        if (Interlocked.Exchange(ref _breaks, 0) != 0)
        {
            return Fail(Errno.EPIPE);
        }

        if (_left.TryGetValue(descriptor, out long left))
        {
            nint count = left == 0 && length > 0 ? Fail(Errno.EPIPE) : LibC.SendNow(descriptor, bytes, (int)Math.Min(left, length));
            _left[descriptor] = left - Math.Max(0, count);
            return count;
        }

        if (Volatile.Read(ref _budget) is < long.MaxValue and var budget)
        {
            nint count = budget == 0 ? Fail(Errno.EAGAIN) : LibC.SendNow(descriptor, bytes, (int)Math.Min(budget, length));
            Interlocked.Add(ref _budget, -Math.Max(0, count));
            return count;
        }

        if (_random is { } random && random.Next(100) < _percent)
        {
            if (length < 2 || random.Next(2) == 0)
            {
                Interlocked.Increment(ref _refused);
                return Fail(Errno.EAGAIN);
            }

            Interlocked.Increment(ref _cut);
            length = random.Next(1, length);
        }

        return LibC.SendNow(descriptor, bytes, length);
    }

    private static nint Fail(int error)
    {
        Marshal.SetLastSystemError(error);
        return -1;
    }
}
