using System.Globalization;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>Clients that never read, before a pod that sends all the time.</summary>
[Collection(AloneCollection.Name)]
public sealed class SlowConsumerTests
{
    private const int Clients = 1000;
    private const string Host = "slow.test";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Of the messages of another socket, before and beside the slow ones.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    [Fact]
    public async Task Clients_that_never_read_cost_little_memory_end_in_time_and_harm_nobody()
    {
        using var folder = new ManifestFolder();
        await using var flood = new FloodPod();
        await using var echo = new PodFleet();
        var pod = await echo.AddAsync("echo");
        folder.App("slow", Host, [flood.Pod], annotations: ("websocket-slow-consumer-timeout", "5s"));
        folder.Write("other.yaml", string.Join("\n---\n", ClusterObjects.Class(), ClusterObjects.Service("other"), ClusterObjects.Ingress("other", "other"), ClusterObjects.Slice("other", "other-1", echo.Port, [(pod, PodPhase.Ready)])));
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");
        await using var talker = await FollowedSocket.OpenAsync(ingress.Http, "other.test");
        var before = new List<TimeSpan>();
        var handshakesBefore = new List<TimeSpan>();
        for (var i = 0; i < 200; i++)
        {
            before.Add(await TalkAsync(talker));
            if (i % 4 == 0)
            {
                handshakesBefore.Add(await OpenAsync(ingress.Http));
            }
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
        var others = new List<(long Flooded, TimeSpan Took)>();
        var handshakes = new List<TimeSpan>();
        while (flood.Closes.Count < Clients)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), $"{flood.Closes.Count} of {Clients} sockets ended");
            most = Math.Max(most, ingress.Process.Resident);
            var sent = flood.Sent;
            var took = await TalkAsync(talker);
            others.Add((flood.Sent - sent, took));
            if (others.Count % 4 == 0)
            {
                handshakes.Add(await OpenAsync(ingress.Http));
            }
        }

        clients.ForEach(client => client.Reset());
        Assert.All(flood.Closes, close => Assert.Equal("slow-consumer: took no bytes for 5 s", close.Reason));

        // A kernel on the way that is told "no room" asks again after 0.2, 0.4, 0.8 s and so on, and some bytes more are taken then.
        var after = flood.Closes.Select(close => close.After).Order().ToList();
        var (median, latest) = (after[Clients / 2], after[^1]);
        TestContext.Current.SendDiagnosticMessage($"{(most - start) / 1024.0 / Clients:0} KiB each of {flood.Sent / Clients / 1024} KiB; ended {median.TotalSeconds:0.0} s (median) to {latest.TotalSeconds:0.0} s after the last byte");
        Assert.True(median < Timeout + TimeSpan.FromSeconds(2) + (3 * stalls.Longest), $"half of them ended more than {median.TotalSeconds:0.0} s after their last byte; the machine stood still for up to {stalls.Longest.TotalSeconds:0.00} s");
        Assert.True(latest < (2 * Timeout) + (3 * stalls.Longest), $"the last ended {latest.TotalSeconds:0.0} s after its last byte");
        Assert.All(flood.Closes, close => Assert.True(TimeProvider.System.GetElapsedTime(first, close.At) >= Timeout));

        // While the buffers of the kernel fill, gigabytes pass through cores that the test shares. What counts are the messages beside sockets that stand still.
        var beside = others.Where(message => message.Flooded < 1 << 20).Select(message => message.Took).ToList();
        var (calm, p99) = (Rank(before, 0.5), Rank(before, 0.99));
        var figures = string.Create(CultureInfo.InvariantCulture, $"messages of another socket: median {calm:0.00} ms, p99 {p99:0.00} ms before; {Rank(beside, 0.5):0.00} and {Rank(beside, 0.99):0.00} of {beside.Count} beside");
        TestContext.Current.SendDiagnosticMessage(figures);
        Assert.True(beside.Count > 100, figures);
        Assert.True(Rank(beside, 0.5) < (calm * 1.1) + 2, figures);
        Assert.True(Rank(beside, 0.99) < (p99 * 1.1) + 10, figures);
        var (calmHandshake, flooded) = (Rank(handshakesBefore, 0.5), Rank(handshakes, 0.5));
        Assert.True(handshakes.Count > 20, $"{handshakes.Count} other sockets meanwhile");
        Assert.True(flooded < (calmHandshake * 2) + 10, $"the median of other handshakes went from {calmHandshake:0.0} ms to {flooded:0.0} ms");
        var each = (most - start) / 1024.0 / Clients;

        // Kestrel's own sockets hold another 64 KiB in either direction.
        var bound = Environment.GetEnvironmentVariable("WSINGRESS_TRANSPORT") == "sockets" ? 300 : 150;
        Assert.True(each < bound, string.Create(CultureInfo.InvariantCulture, $"{each:0} KiB for each of {Clients} clients that do not read"));
    }

    private static async Task<TimeSpan> OpenAsync(int port)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var other = await LocalSocket.OpenAsync(port, "other.test");
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static async Task<TimeSpan> TalkAsync(FollowedSocket socket)
    {
        var began = TimeProvider.System.GetTimestamp();
        await socket.EchoAsync("how are you?");
        var took = TimeProvider.System.GetElapsedTime(began);
        await Task.Delay(Pace, TimeProvider.System);
        return took;
    }

    /// <summary>In milliseconds.</summary>
    private static double Rank(List<TimeSpan> times, double share) => times.Count == 0 ? 0 : times.Order().ElementAt((int)(times.Count * share)).TotalMilliseconds;
}
