using System.Globalization;

namespace WsIngress.Tests.Proxy;

/// <summary>Bytes that the kernel holds for TCP connections of this host, read from /proc: sent and not acknowledged, received and not read.</summary>
internal static class KernelQueues
{
    private const string Established = "01";

    /// <summary>Over all open connections with one of the ports at either end.</summary>
    public static long Bytes(params int[] ports)
    {
        long total = 0;
        foreach (var line in File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")))
        {
            // sl local_address rem_address st tx_queue:rx_queue …
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 4 && fields[3] == Established && (ports.Contains(Port(fields[1])) || ports.Contains(Port(fields[2]))))
            {
                var queues = fields[4].Split(':');
                total += Hex(queues[0]) + Hex(queues[1]);
            }
        }

        return total;
    }

    private static int Port(string address) => (int)Hex(address[(address.LastIndexOf(':') + 1)..]);

    private static long Hex(string text) => long.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
