using System.Globalization;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>Clients that never read, before a pod that sends all the time.</summary>
[Collection(AloneCollection.Name)]
public sealed class SlowConsumerTests
{
    private const int Clients = 300;
    private const string Host = "slow.test";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Clients_that_never_read_cost_little_memory_end_in_time_and_harm_nobody()
    {
        using var folder = new ManifestFolder();
        await using var flood = new FloodPod();
        await using var bare = new BarePod();
        folder.App("slow", Host, [flood.Pod], annotations: ("websocket-slow-consumer-timeout", "5s"));
        folder.App("other", "other.test", [bare.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");
        var before = new List<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            before.Add(await OpenAsync(ingress.Http));
        }

        await using var stalls = new StallMeter();
        var (start, most) = (ingress.Process.Resident, 0L);
        var first = TimeProvider.System.GetTimestamp();
        var clients = new List<BareSocket>();
        for (var i = 0; i < Clients; i++)
        {
            var client = await BareSocket.ConnectAsync(ingress.Http);
            await client.SendAsync(BareSocket.Head(Host, "/"));
            clients.Add(client);
        }

        var began = TimeProvider.System.GetTimestamp();
        var others = new List<TimeSpan>();
        while (flood.Closes.Count < Clients)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), $"{flood.Closes.Count} of {Clients} sockets ended");
            most = Math.Max(most, ingress.Process.Resident);
            others.Add(await OpenAsync(ingress.Http));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        clients.ForEach(client => client.Reset());
        Assert.All(flood.Closes, close => Assert.Equal("slow-consumer: took no bytes for 5 s", close.Reason));

        // A kernel on the way that is told "no room" asks again after 0.2, 0.4, 0.8 s and so on, and some bytes more are taken then.
        var after = flood.Closes.Select(close => close.After).Order().ToList();
        var (median, latest) = (after[Clients / 2], after[^1]);
        TestContext.Current.SendDiagnosticMessage($"ended {median.TotalSeconds:0.0} s (median) to {latest.TotalSeconds:0.0} s after the last byte");
        Assert.True(median < Timeout + TimeSpan.FromSeconds(2) + (3 * stalls.Longest), $"half of them ended more than {median.TotalSeconds:0.0} s after their last byte; the machine stood still for up to {stalls.Longest.TotalSeconds:0.00} s");
        Assert.True(latest < (2 * Timeout) + (3 * stalls.Longest), $"the last ended {latest.TotalSeconds:0.0} s after its last byte");
        Assert.All(flood.Closes, close => Assert.True(TimeProvider.System.GetElapsedTime(first, close.At) >= Timeout));
        Assert.True(others.Count > 20, $"{others.Count} other sockets meanwhile");
        var (calm, flooded) = (Median(before), Median(others));
        Assert.True(flooded < (calm * 2) + TimeSpan.FromMilliseconds(10), $"the median of other handshakes went from {calm.TotalMilliseconds:0.0} ms to {flooded.TotalMilliseconds:0.0} ms");
        var each = (most - start) / 1024.0 / Clients;

        // Kestrel's own sockets hold another 64 KiB in either direction.
        var bound = Environment.GetEnvironmentVariable("WSINGRESS_TRANSPORT") == "sockets" ? 300 : 150;
        Assert.True(each < bound, string.Create(CultureInfo.InvariantCulture, $"{each:0} KiB for each of {Clients} clients that do not read"));
    }

    private static async Task<TimeSpan> OpenAsync(int port)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var other = await BareSocket.ConnectAsync(port);
        await other.OpenAsync("other.test");
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);
}
