using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>Whatever happens to the server and to the connections: once it is calm, what is known is what is there.</summary>
public sealed class ReflectorLaws
{
    private const int Seeds = 500;

    [Fact]
    public async Task Once_the_server_is_calm_the_store_equals_it()
    {
        var all = Environment.GetEnvironmentVariable("SEED") is { } one ? [int.Parse(one)] : Enumerable.Range(1, Seeds);
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, static async (seed, _) =>
        {
            try
            {
                await RunAsync(seed);
            }
            catch (Exception failed)
            {
                throw new InvalidOperationException($"seed {seed}: {failed.Message}", failed);
            }
        });
    }

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        await using var server = await FakeApiServer.StartAsync(new() { BookmarkInterval = TimeSpan.FromMilliseconds(20), EventsKept = random.Next(3, 50) });
        var cluster = new RandomCluster(server, random);
        Repeat(random.Next(30), cluster.Write);
        server.Backup();

        // A server that comes back from a backup and is written to within the time that counts as a short break cannot be told from one that was never away.
        var isRestored = random.Next(3) == 0;
        var faults = new RandomFaults(server, random, "token", isRestored);
        faults.End();
        var watch = new WatchOptions
        {
            Namespaces = random.Next(4) == 0 ? ["a", "b"] : [],
            NamespaceSelector = random.Next(4) == 0 ? "team=red" : null,
            IngressClasses = random.Next(8) != 0,
        };
        var translation = new TranslationOptions
        {
            IngressClassByName = !watch.IngressClasses,
            NamespaceSelector = watch.NamespaceSelector,
            DefaultCertificate = random.Next(4) == 0 ? "c/one" : null,
        };
        var options = ClusterRig.Quick with { PageSize = random.Next(1, 6), WatchTime = TimeSpan.FromSeconds(1), LongestBreak = isRestored ? TimeSpan.Zero : TimeSpan.FromMinutes(1), Silence = TimeSpan.FromMilliseconds(100) };
        await using var rig = new ClusterRig(server, watch, translation, options: options, seed: seed, token: "token");
        for (var step = random.Next(5, 25); step > 0; step--)
        {
            Repeat(random.Next(4), cluster.Write);
            await faults.NextAsync();
        }

        faults.End();
        Repeat(random.Next(3), cluster.Write);
        await rig.InStepAsync();
    }

    private static void Repeat(int times, Action action)
    {
        for (; times > 0; times--)
        {
            action();
        }
    }
}
