using System.Diagnostics;
using WsIngress.Bench.Os;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Bench.Load;

/// <summary>
/// Open loop: messages fall due at a fixed rate, over the sockets in turn, whether the earlier ones are answered or not. A time counts from
/// when the message was due and not from when it was sent, so a stall counts for all that it delayed (no coordinated omission).
/// </summary>
internal sealed unsafe class RateRun(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report) : LoadRun(options, set, sockets, report)
{
    /// <summary>Messages that may be due and unanswered on one socket.</summary>
    private const int Most = 1024;

    private readonly ClientFrame _frame = new(options.Payload);
    private readonly Queue[] _queues = [.. sockets.Select(_ => new Queue())];
    private readonly LatencyHistogram _times = new();
    private readonly double _interval = (double)Stopwatch.Frequency / options.Rate;
    private int _timer;
    private long _began;
    private long _end;
    private long _due;

    public override void Run()
    {
        // Finer than 50 µs costs the client more than the messages do.
        _timer = Posix.StartTimer(Math.Max(50_000, 1_000_000_000L / Options.Rate));
        Set.Add(_timer, LibC.EPOLLIN, -1);
        _began = Stopwatch.GetTimestamp();
        _end = _began + Length;
        while (Stopwatch.GetTimestamp() is var now && (now < _end || (Waiting > 0 && now < _end + Grace)))
        {
            Turn(100);
        }

        Report.Seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        Set.Remove(_timer);
        _ = LibC.Close(_timer);
        Abandon();
        Report.Bytes = Report.Messages * Options.Payload;
        (Report.P50, Report.P99) = (_times.Microseconds(0.5), _times.Microseconds(0.99));
    }

    protected override int Owed(int number) => (int)(_queues[number].Tail - _queues[number].Head);

    protected override void OnTick()
    {
        ulong expirations;
        _ = LibC.Read(_timer, &expirations, sizeof(ulong));
        var now = Stopwatch.GetTimestamp();
        while (_began + (long)(_due * _interval) is var due && due <= now && due < _end)
        {
            var number = (int)(_due++ % Sockets.Length);
            if (Sockets[number] is not { } socket)
            {
                continue;
            }

            var queue = _queues[number];
            if (queue.Tail - queue.Head == Most)
            {
                Lose(socket, $"{Most} messages of one socket had no answer");
                continue;
            }

            Waiting += queue.Tail == queue.Head ? 1 : 0;
            queue.Due[queue.Tail++ % Most] = due;
            OnWritable(socket);
        }
    }

    protected override void OnWritable(LoadSocket socket)
    {
        var queue = _queues[socket.Number];
        while (queue.Next < queue.Tail)
        {
            _frame.Stamp(socket.Number, (uint)queue.Next);
            var count = socket.Write(_frame.Start + queue.Written, _frame.Length - queue.Written);
            if (count > 0)
            {
                queue.Written += count;
                if (queue.Written == _frame.Length)
                {
                    (queue.Written, queue.Next) = (0, queue.Next + 1);
                }

                continue;
            }

            if (count is IoResult.WantRead or IoResult.WantWrite)
            {
                socket.Watch(write: true);
            }
            else
            {
                Lose(socket, "a write failed");
            }

            return;
        }

        socket.Watch(write: false);
    }

    protected override void OnBytes(LoadSocket socket, ReadOnlySpan<byte> bytes)
    {
        var queue = _queues[socket.Number];
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, _frame.AnswerLength - queue.Read)];
            if (queue.Head == queue.Next || !_frame.IsAnswer(part, queue.Read, socket.Number, (uint)queue.Head))
            {
                Report.Wrong++;
                Lose(socket, "an answer was not what was sent");
                return;
            }

            bytes = bytes[part.Length..];
            queue.Read += part.Length;
            if (queue.Read == _frame.AnswerLength)
            {
                Count(Stopwatch.GetTimestamp() - queue.Due[queue.Head++ % Most]);
                (queue.Read, Report.Messages) = (0, Report.Messages + 1);
                Waiting -= queue.Tail == queue.Head ? 1 : 0;
            }
        }
    }

    /// <summary>What was never answered is in the times as long as it was waited for, so that it does not flatter them.</summary>
    private void Abandon()
    {
        for (var i = 0; i < _queues.Length; i++)
        {
            for (var queue = _queues[i]; queue.Head < queue.Tail; queue.Head++)
            {
                Count(Stopwatch.GetTimestamp() - queue.Due[queue.Head % Most]);
                if (Sockets[i] is not null)
                {
                    Report.Lost++;
                    Report.Note("messages had no answer");
                }
            }
        }
    }

    private void Count(long ticks) => _times.Add(ticks * (1_000_000_000 / Stopwatch.Frequency));

    /// <summary>The messages of one socket by number: from <see cref="Head"/> sent and not answered, from <see cref="Next"/> due and not sent.</summary>
    private sealed class Queue
    {
        public readonly long[] Due = new long[Most];
        public long Head;
        public long Next;
        public long Tail;
        public int Written;
        public int Read;
    }
}
