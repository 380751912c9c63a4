using System.Diagnostics;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Load;

/// <summary>One way, pod to client: the pod sends until it is told to stop and then says how many bytes it has sent.</summary>
internal sealed unsafe class DownRun(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report) : LoadRun(options, set, sockets, report)
{
    private readonly FrameReader[] _streams = [.. sockets.Select(_ => new FrameReader())];

    public override void Run()
    {
        var began = Stopwatch.GetTimestamp();
        var end = began + Length;
        Waiting = Sockets.Count(s => s is not null);
        Say("go");
        while (Waiting > 0 && Stopwatch.GetTimestamp() < end)
        {
            Turn(10);
        }

        Say("stop");
        while (Waiting > 0 && Stopwatch.GetTimestamp() < end + (2 * Grace))
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

    protected override int Owed(int number) => _streams[number].Text is null ? 1 : 0;

    protected override void OnWritable(LoadSocket socket) => socket.Watch(write: false);

    protected override void OnBytes(LoadSocket socket, ReadOnlySpan<byte> bytes)
    {
        var stream = _streams[socket.Number];
        var right = stream.Feed(bytes);
        if (!right)
        {
            Report.Wrong++;
            Lose(socket, "something else than messages came");
            return;
        }

        if (stream.Text is not { } total)
        {
            return;
        }

        if (total != $"{stream.Payload}")
        {
            Report.Wrong++;
            Report.Note($"{stream.Payload} of {total} bytes have come");
        }

        Report.Messages += stream.Messages;
        Report.Bytes += stream.Payload;
        Waiting--;
    }

    /// <summary>A few bytes towards a peer that only sends: the kernel takes them.</summary>
    private void Say(string word)
    {
        var frame = ClientFrame.Command(word);
        foreach (var socket in Sockets)
        {
            fixed (byte* at = frame)
            {
                if (socket is not null && socket.Write(at, frame.Length) != frame.Length)
                {
                    Lose(socket, $"'{word}' was not taken");
                }
            }
        }
    }
}
