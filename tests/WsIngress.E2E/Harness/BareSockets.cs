using System.Globalization;

namespace WsIngress.E2E.Harness;

/// <summary>Thousands of clients with their sockets to a <see cref="BarePod"/>, both ends of which this process has.</summary>
internal static class BareSockets
{
    private const int Workers = 32;

    /// <summary>10,000, or what this process may open: it has both far ends, and 1,500 descriptors are for everything else.</summary>
    public static int Most => Math.Min(10_000, (DescriptorLimit() - 1_500) / 2);

    public static async Task<BareSocket[]> OpenAsync(IngressProcess ingress, string host, int count)
    {
        var sockets = new BareSocket[count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                sockets[i] = await BareSocket.ConnectAsync(ingress.Http);
                await sockets[i].OpenAsync(host);
            }
        }));
        return sockets;
    }

    public static void Reset(BareSocket[] sockets) => Array.ForEach(sockets, s => s.Reset());

    private static int DescriptorLimit()
    {
        var line = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
