using System.Globalization;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>What a process keeps of sockets that are closed.</summary>
[Collection(AloneCollection.Name)]
public sealed class MemoryTests
{
    private const string Host = "memory.test";

    /// <summary>One round of them is 15 % of the process: what stays of each shows after some.</summary>
    private const int Rounds = 3;

    private const int Looks = 100;

    [Fact]
    public async Task Memory_is_near_its_start_again_when_thousands_of_sockets_have_closed()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("WSINGRESS_TRANSPORT") == "sockets", "what Kestrel's own sockets keep of closed connections is Kestrel's: half as much again");
        using var folder = new ManifestFolder();
        await using var pod = new BarePod();
        folder.App("memory", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");

        // The start is a process that has done all of it before, with few sockets: compiled code is not what sockets leave.
        BareSockets.Reset(await BareSockets.OpenAsync(ingress, Host, 500));
        await LowestAsync(ingress, 0);
        var start = ingress.Process.Resident;
        var open = 0L;
        for (var i = 0; i < Rounds; i++)
        {
            var sockets = await BareSockets.OpenAsync(ingress, Host, BareSockets.Most);
            open = Math.Max(open, ingress.Process.Resident);
            BareSockets.Reset(sockets);
        }

        var most = start * 6 / 5;
        var closed = await LowestAsync(ingress, most);

        var figures = $"{Rounds} times {BareSockets.Most} sockets: {Megabytes(start)} MB at the start, {Megabytes(open)} MB with all open, {Megabytes(closed)} MB after their end";
        TestContext.Current.SendDiagnosticMessage(figures);
        Assert.True(closed <= most, figures);
    }

    /// <summary>The resident memory when it is at most that much, or the least within 10 s.</summary>
    private static async Task<long> LowestAsync(IngressProcess ingress, long enough)
    {
        var lowest = long.MaxValue;
        for (var i = 0; i < Looks && lowest > enough; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            lowest = Math.Min(lowest, ingress.Process.Resident);
        }

        return lowest;
    }

    private static string Megabytes(long bytes) => (bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture);
}
