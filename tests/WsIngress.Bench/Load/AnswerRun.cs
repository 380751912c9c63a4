using System.Diagnostics;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Load;

/// <summary>Sockets that say nothing of their own and answer each Ping, which comes whole; the answers count as messages.</summary>
internal sealed unsafe class AnswerRun(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report) : LoadRun(options, set, sockets, report)
{
    private const uint Mask = 0x44332211;

    public override void Run()
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - began < Length)
        {
            Turn(100);
        }

        Report.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    protected override void OnWritable(LoadSocket socket)
    {
    }

    protected override int Owed(int number) => 0;

    protected override void OnBytes(LoadSocket socket, ReadOnlySpan<byte> bytes)
    {
        if (!WireHeader.TryRead(bytes, out var ping) || ping.First != WireHeader.Ping || ping.Masked || ping.Frame != bytes.Length || ping.Payload > 125)
        {
            Report.Wrong++;
            Report.Note("something else than one whole Ping");
            return;
        }

        Span<byte> pong = stackalloc byte[2 + 4 + 125];
        var header = new WireHeader(WireHeader.Pong, Masked: true, ping.Payload);
        BitConverter.TryWriteBytes(pong[header.Write(pong)..], Mask);
        for (var i = 0; i < ping.Payload; i++)
        {
            pong[header.Length + i] = (byte)(bytes[ping.Length + i] ^ (byte)(Mask >> (8 * (i & 3))));
        }

        fixed (byte* at = pong)
        {
            if (socket.Write(at, (int)header.Frame) != header.Frame)
            {
                Lose(socket, "a Pong could not be sent");
                return;
            }
        }

        Report.Messages++;
    }
}
