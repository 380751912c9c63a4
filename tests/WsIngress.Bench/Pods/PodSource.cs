using System.Text;
using WsIngress.Bench.Load;

namespace WsIngress.Bench.Pods;

/// <summary>Sends the same binary message over and over while it runs.</summary>
internal sealed class PodSource(PodOutput output, int payload)
{
    /// <summary>Messages before other connections have their turn.</summary>
    private const int PerTurn = 8;

    private readonly byte[] _frame = Frame(WireHeader.Binary, new byte[payload]);
    private int _sent;

    public bool Running { get; private set; }

    /// <summary>Payload of what was sent.</summary>
    public long Total { get; private set; }

    public void Start()
    {
        Running = true;
        Produce();
    }

    public void Produce()
    {
        for (var i = 0; i < PerTurn && Running && !output.HasPending && !output.Failed; i++)
        {
            _sent += output.SendNow(_frame.AsSpan(_sent));
            if (_sent < _frame.Length)
            {
                return;
            }

            (_sent, Total) = (0, Total + payload);
        }
    }

    /// <summary>Ends the message that is under way and says the total.</summary>
    public void Stop()
    {
        if (_sent > 0)
        {
            output.Send(_frame.AsSpan(_sent));
            Total += payload;
        }

        Running = false;
        output.Send(Message(Total));
    }

    /// <summary>A text message with a number.</summary>
    public static byte[] Message(long number) => Frame(WireHeader.Text, Encoding.ASCII.GetBytes($"{number}"));

    private static byte[] Frame(byte first, byte[] payload)
    {
        var header = new WireHeader(first, Masked: false, payload.Length);
        var frame = new byte[header.Frame];
        payload.CopyTo(frame, header.Write(frame));
        return frame;
    }
}
