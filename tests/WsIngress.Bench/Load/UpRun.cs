using System.Diagnostics;
using System.Runtime.InteropServices;
using WsIngress.Bench.Os;
using WsIngress.Transport.Loops;

namespace WsIngress.Bench.Load;

/// <summary>One way, client to pod: as many messages as the way takes; the pod says at the end how many bytes it got, so that all of it has arrived when the clock stops.</summary>
internal sealed unsafe class UpRun(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report) : LoadRun(options, set, sockets, report)
{
    /// <summary>Messages of one socket before the next has its turn.</summary>
    private const int PerTurn = 8;

    private readonly ClientFrame _frame = new(options.Payload);
    private readonly byte[] _ask = Pinned(ClientFrame.Command("report"));
    private readonly Stream[] _streams = [.. sockets.Select(_ => new Stream())];
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
                OnWritable(socket);
            }
        }

        // What is in the buffers on the way is still to come.
        while (Waiting > 0 && Stopwatch.GetTimestamp() < _end + (2 * Grace))
        {
            Turn(100);
        }

        Report.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Report.Lost += Waiting;
        if (Waiting > 0)
        {
            Report.Note($"{Waiting} streams did not end");
        }
    }

    protected override int Owed(int number) => _streams[number].Ended ? 0 : 1;

    protected override void OnWritable(LoadSocket socket)
    {
        var stream = _streams[socket.Number];
        for (var i = 0; i < PerTurn && !stream.Asked; i++)
        {
            if (stream.Written == 0 && Stopwatch.GetTimestamp() >= _end)
            {
                stream.Asking = true;
            }

            var start = stream.Asking ? (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_ask, 0) : _frame.Start;
            var length = stream.Asking ? _ask.Length : _frame.Length;
            var count = socket.Write(start + stream.Written, length - stream.Written);
            if (count <= 0)
            {
                if (count is not (IoResult.WantRead or IoResult.WantWrite))
                {
                    Lose(socket, "a write failed");
                    return;
                }

                break;
            }

            stream.Written += count;
            if (stream.Written == length)
            {
                (stream.Written, stream.Asked) = (0, stream.Asking);
                stream.Messages += stream.Asking ? 0 : 1;
            }
        }

        socket.Watch(write: !stream.Asked);
    }

    protected override void OnBytes(LoadSocket socket, ReadOnlySpan<byte> bytes)
    {
        var stream = _streams[socket.Number];
        var right = stream.Answer.Feed(bytes);
        if (right && stream.Answer.Text is null)
        {
            return;
        }

        if (!right || !stream.Asked || stream.Answer.Text != $"{stream.Messages * Options.Payload}")
        {
            Report.Wrong++;
            Report.Note($"the pod got {stream.Answer.Text ?? "?"} of {stream.Messages * Options.Payload} bytes");
        }

        Report.Messages += stream.Messages;
        Report.Bytes += stream.Messages * Options.Payload;
        stream.Ended = true;
        Waiting--;
    }

    private static byte[] Pinned(byte[] bytes)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned, 0);
        return pinned;
    }

    private sealed class Stream
    {
        public readonly FrameReader Answer = new();
        public long Messages;
        public int Written;
        public bool Asking;
        public bool Asked;
        public bool Ended;
    }
}
