using System.Diagnostics;
using System.Runtime.InteropServices;
using WsIngress.Bench.Os;
using WsIngress.Transport.Native;

namespace WsIngress.Bench.Load;

/// <summary>What is done over the open sockets while the clock runs.</summary>
internal abstract unsafe class LoadRun(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report)
{
    /// <summary>Of one read. Larger than what a proxy sends at once.</summary>
    private const int BufferLength = 256 * 1024;

    /// <summary>For answers after the end of the sending.</summary>
    protected static readonly long Grace = 5 * Stopwatch.Frequency;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);

    protected LoadOptions Options => options;

    protected SocketSet Set => set;

    protected LoadSocket?[] Sockets => sockets;

    protected LoadReport Report => report;

    private byte* Buffer => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);

    protected long Length => (long)(options.Seconds * Stopwatch.Frequency);

    /// <summary>Sockets that have something outstanding.</summary>
    protected int Waiting { get; set; }

    public abstract void Run();

    /// <summary>The run over sockets that say nothing: only their ends are looked for.</summary>
    public static void Look(SocketSet set, LoadSocket?[] sockets, LoadReport report)
    {
        byte* buffer = stackalloc byte[256];
        for (var events = set.Wait(0); events > 0; events = set.Wait(0))
        {
            for (var i = 0; i < events; i++)
            {
                var number = set.Event(i).Tag;
                if (sockets[number] is { } socket && socket.Read(buffer, 256) is 0 or Transport.Loops.IoResult.Failed)
                {
                    report.Lost++;
                    report.Note("a socket ended while it was held");
                    sockets[number]?.Close();
                    sockets[number] = null;
                }
            }
        }
    }

    /// <summary>Waits once and hands out what is ready.</summary>
    protected void Turn(int milliseconds)
    {
        var events = set.Wait(milliseconds);
        for (var i = 0; i < events; i++)
        {
            var (what, number) = set.Event(i);
            if (number < 0)
            {
                OnTick();
                continue;
            }

            if (sockets[number] is { } writer && (what & LibC.EPOLLOUT) != 0)
            {
                OnWritable(writer);
            }

            if (sockets[number] is { } reader && (what & ~LibC.EPOLLOUT) != 0)
            {
                ReadAll(reader);
            }
        }
    }

    protected abstract void OnWritable(LoadSocket socket);

    protected abstract void OnBytes(LoadSocket socket, ReadOnlySpan<byte> bytes);

    /// <summary>Answers that are still owed to a socket; it counts among the waiting while there is one.</summary>
    protected abstract int Owed(int number);

    protected virtual void OnTick()
    {
    }

    protected void Lose(LoadSocket socket, string why)
    {
        var owed = Owed(socket.Number);
        report.Lost += Math.Max(1, owed);
        report.Note(why);
        socket.Close();
        sockets[socket.Number] = null;
        Waiting -= owed > 0 ? 1 : 0;
    }

    private void ReadAll(LoadSocket socket)
    {
        do
        {
            var count = socket.Read(Buffer, BufferLength);
            if (count > 0)
            {
                OnBytes(socket, new(Buffer, count));
            }
            else
            {
                if (count is 0 or Transport.Loops.IoResult.Failed)
                {
                    Lose(socket, "a socket ended during the run");
                }

                return;
            }
        }
        while (!socket.IsClosed && socket.HasPending);
    }
}
