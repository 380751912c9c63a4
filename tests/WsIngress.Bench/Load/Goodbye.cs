using System.Diagnostics;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Load;

/// <summary>The closing handshake as browsers make it (RFC 6455 §7.1.2): a Close frame, the answer, and the server ends the connection.</summary>
internal sealed unsafe class Goodbye(SocketSet set, LoadSocket?[] sockets)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Returns when every connection was ended by its other side, or the patience is over.</summary>
    public void Say()
    {
        byte* close = stackalloc byte[] { WireHeader.Close, 0x82, 0, 0, 0, 0, 0x03, 0xE8 };
        byte* buffer = stackalloc byte[256];
        var open = 0;
        foreach (var socket in sockets)
        {
            if (socket is { IsClosed: false } && socket.Write(close, 8) == 8)
            {
                open++;
                Take(buffer, ref open, milliseconds: 0);
            }
        }

        for (var began = Stopwatch.GetTimestamp(); open > 0 && Stopwatch.GetElapsedTime(began) < Patience;)
        {
            Take(buffer, ref open, milliseconds: 1_000);
        }
    }

    private void Take(byte* buffer, ref int open, int milliseconds)
    {
        var events = set.Wait(milliseconds);
        for (var i = 0; i < events; i++)
        {
            if (sockets[set.Event(i).Tag] is { IsClosed: false } socket && Ends(socket, buffer))
            {
                socket.Close();
                open--;
            }
        }
    }

    private static bool Ends(LoadSocket socket, byte* buffer)
    {
        int count;
        while ((count = socket.Read(buffer, 256)) > 0)
        {
        }

        return count != Transport.Loops.IoResult.WantRead;
    }
}
