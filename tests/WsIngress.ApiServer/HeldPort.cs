using System.Net;
using System.Net.Sockets;

namespace WsIngress.ApiServer;

/// <summary>
/// A TCP port of 127.0.0.1 that stays its holder's while nobody listens on it. It lies below the ports that the kernel hands out by itself
/// (ip_local_port_range), and the UDP port of the same number, bound until the end, keeps other holders of any process away.
/// </summary>
public sealed class HeldPort : IDisposable
{
    private const int First = 12_000;
    private const int Last = 32_000;

    private readonly Socket _mark;

    private HeldPort(Socket mark, int number)
    {
        _mark = mark;
        Number = number;
    }

    public int Number { get; }

    /// <exception cref="InvalidOperationException">1,000 ports in a row were taken.</exception>
    public static HeldPort Take()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var number = Random.Shared.Next(First, Last);
            var mark = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            if (TryBind(mark, number) && IsUnused(number))
            {
                return new HeldPort(mark, number);
            }

            mark.Dispose();
        }

        throw new InvalidOperationException($"No free port between {First} and {Last} was found.");
    }

    public void Dispose() => _mark.Dispose();

    private static bool IsUnused(int number)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        return TryBind(probe, number);
    }

    private static bool TryBind(Socket socket, int number)
    {
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, number));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
