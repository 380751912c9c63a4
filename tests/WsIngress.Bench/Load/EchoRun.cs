using System.Diagnostics;
using WsIngress.Bench.Os;
using WsIngress.Transport.Loops;

namespace WsIngress.Bench.Load;

/// <summary>Closed loop: each socket has one message under way and sends the next when the answer is complete.</summary>
internal sealed unsafe class EchoRun(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report) : LoadRun(options, set, sockets, report)
{
    private readonly ClientFrame _frame = new(options.Payload);
    private readonly Exchange[] _exchanges = new Exchange[sockets.Length];
    private readonly LatencyHistogram _times = new();
    private readonly long _most = options.Messages > 0 ? options.Messages : long.MaxValue;
    private long _begun;
    private long _end;

    public override void Run()
    {
        var began = Stopwatch.GetTimestamp();
        _end = began + Length;
        foreach (var socket in Sockets)
        {
            if (socket is not null)
            {
                Waiting++;
                Begin(socket, Stopwatch.GetTimestamp());
            }
        }

        while (Waiting > 0 && Stopwatch.GetTimestamp() < _end + Grace)
        {
            Turn(100);
        }

        Report.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Report.Lost += Waiting;
        Report.Bytes = Report.Messages * Options.Payload;
        (Report.P50, Report.P99) = (_times.Microseconds(0.5), _times.Microseconds(0.99));
        if (Waiting > 0)
        {
            Report.Note($"{Waiting} messages had no answer {Grace / Stopwatch.Frequency} s after the last was sent");
        }
    }

    protected override int Owed(int number) => _exchanges[number].Under ? 1 : 0;

    protected override void OnWritable(LoadSocket socket)
    {
        ref var exchange = ref _exchanges[socket.Number];
        if (exchange.Written < _frame.Length)
        {
            _frame.Stamp(socket.Number, exchange.Message);
        }

        while (exchange.Written < _frame.Length)
        {
            var count = socket.Write(_frame.Start + exchange.Written, _frame.Length - exchange.Written);
            if (count > 0)
            {
                exchange.Written += count;
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
        ref var exchange = ref _exchanges[socket.Number];
        if (!exchange.Under || exchange.Read + bytes.Length > _frame.AnswerLength || exchange.Written < _frame.Length || !_frame.IsAnswer(bytes, exchange.Read, socket.Number, exchange.Message))
        {
            Report.Wrong++;
            Lose(socket, "an answer was not what was sent");
            return;
        }

        exchange.Read += bytes.Length;
        if (exchange.Read < _frame.AnswerLength)
        {
            return;
        }

        var now = Stopwatch.GetTimestamp();
        _times.Add((now - exchange.SentAt) * (1_000_000_000 / Stopwatch.Frequency));
        Report.Messages++;
        if (now < _end && _begun < _most)
        {
            Begin(socket, now);
        }
        else
        {
            exchange.Under = false;
            Waiting--;
        }
    }

    private void Begin(LoadSocket socket, long now)
    {
        ref var exchange = ref _exchanges[socket.Number];
        _begun++;
        exchange = new() { Message = exchange.Message + 1, SentAt = now, Under = true };
        OnWritable(socket);
    }

    private struct Exchange
    {
        public uint Message;
        public int Written;
        public int Read;
        public long SentAt;
        public bool Under;
    }
}
