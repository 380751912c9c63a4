using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>Open sockets live through faults of the API server that come in any order, and between writes.</summary>
public sealed class MixedFaultTests
{
    private static readonly int[] Seeds = [1, 2, 3, 4];
    private static readonly string[] Names = [.. Enumerable.Range(0, 8).Select(i => $"app-{i}")];

    [Fact]
    public async Task A_thousand_sockets_live_through_any_mix_of_faults_of_the_API_server()
    {
        await using var cluster = await FaultyCluster.StartAsync();
        foreach (var seed in Seeds)
        {
            await MixAsync(cluster, new Random(seed));
            await cluster.AgreeAsync($"the mix of seed {seed}", [.. Names, "chat"]);
        }

        await cluster.AllLiveAsync();
    }

    /// <summary>Faults and writes as the seed wants them. The state of a backup does not come back here: within ten seconds nobody could tell.</summary>
    private static async Task MixAsync(FaultyCluster cluster, Random random)
    {
        var faults = new RandomFaults(cluster.Server, random, "admin");
        for (var step = 0; step < 40; step++)
        {
            for (var writes = random.Next(4); writes > 0; writes--)
            {
                Write(cluster, random);
            }

            await faults.NextAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(100)), TimeProvider.System);
        }

        faults.End();
    }

    private static void Write(FaultyCluster cluster, Random random)
    {
        var name = Names[random.Next(Names.Length)];
        switch (random.Next(6))
        {
            case 0:
                cluster.Server.Delete("ingresses", "default", name);
                break;
            case 1:
                cluster.Server.Delete("services", "default", name);
                break;
            case 2:
                cluster.Server.Delete("endpointslices", "default", $"{name}-{cluster.Pod.Name}");
                break;
            case 3:
                cluster.Server.Apply(ClusterObjects.Ingress(name));
                break;
            default:
                cluster.Publish(name);
                break;
        }
    }
}
