using System.Net.Sockets;
using WsIngress.Cli;

namespace WsIngress.Demo;

/// <summary>Looks, before anything is started, whether the demo's ports are free, so that the answer can say what to type instead.</summary>
internal static class PortCheck
{
    /// <summary>One sentence per listener whose port another process holds.</summary>
    public static IReadOnlyList<string> FindTaken(ServerOptions options) =>
    [
        .. new[] { ("http", options.Http), ("https", options.Https), ("h2c", options.H2c), ("metrics", options.Metrics), ("admin", options.Admin) }
            .Where(l => !l.Item2.IsOff && l.Item2.Port != 0 && IsTaken(l.Item2))
            .Select(l => $"port {l.Item2.Port} (--{l.Item1}) is in use by another process; choose one with --{l.Item1} 127.0.0.1:PORT, any free one with --{l.Item1} 127.0.0.1:0"),
    ];

    private static bool IsTaken(ListenAddress address)
    {
        var end = address.ToEndPoint();
        try
        {
            using var probe = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.IsAllInterfaces)
            {
                probe.DualMode = true;
            }

            probe.Bind(end);
            probe.Listen(1);
            return false;
        }
        catch (SocketException e)
        {
            // Any other error is better told by the host itself when it binds.
            return e.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }
}
