using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>Open sockets live through everything that can happen to an API server.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_thousand_sockets_live_through_every_fault_of_the_API_server_one_by_one()
    {
        await using var cluster = await FaultyCluster.StartAsync();
        var round = 0;
        foreach (var (name, fault) in Faults(cluster.Server, cluster.Controller))
        {
            await fault();
            cluster.Server.Faults.Clear();
            var marker = $"marker-{round++}";
            cluster.Publish(marker);
            await cluster.AgreeAsync($"fault '{name}'", marker, "chat");
        }

        await cluster.AllLiveAsync();
    }

    private static IEnumerable<(string Name, Func<Task> Fault)> Faults(FakeApiServer server, ControllerProcess controller)
    {
        var moment = TimeSpan.FromMilliseconds(300);
        yield return ("watches cut", () => Now(() => server.Faults.CutWatches()));
        yield return ("watches ended", () => Now(() => server.Faults.EndWatches()));
        yield return ("a line that is no event", () => Now(() => server.Faults.GarbageLine()));
        yield return ("events twice", () => For(() => server.Faults.DuplicateEvents()));
        yield return ("silence", () => For(() => server.Faults.StallWatches(), cut: false));
        foreach (var form in new[] { GoneForm.StreamExpired, GoneForm.StreamGone, GoneForm.Response })
        {
            yield return ($"410 as {form}", () => ExpiredAsync(() =>
            {
                server.Faults.Gone(form, verb: "watch");
                server.Faults.EndWatches();
            }));
        }

        yield return ("versions forgotten", () => ExpiredAsync(() =>
        {
            server.Compact();
            server.Faults.CutWatches();
        }));
        foreach (var status in new[] { 400, 401, 403, 500, 503, 504 })
        {
            yield return ($"status {status}", () => For(() => server.Faults.Fail(status)));
        }

        yield return ("status 429", () => For(() => server.Faults.Fail(429, TimeSpan.FromSeconds(1), times: 3)));
        yield return ("late answers", () => For(() => server.Faults.Delay(TimeSpan.FromMilliseconds(100))));
        yield return ("rights withdrawn", async () =>
        {
            await For(() => server.Access.Set("admin", "kubernetes-admin"));
            server.Access.Set("admin", "kubernetes-admin", AccessRule.Everything);
        }
        );
        yield return ("restart", () => server.RestartAsync(down: moment));
        yield return ("restart from a backup", () => server.RestartAsync(lowerRevision: true, down: moment));

        Task Now(Action fault)
        {
            fault();
            return Task.CompletedTask;
        }

        async Task For(Action fault, bool cut = true)
        {
            fault();
            if (cut)
            {
                server.Faults.CutWatches();
            }

            server.Apply(ClusterObjects.Ingress("meanwhile"));
            await Task.Delay(moment, TimeProvider.System);
        }

        // Not over before it has bitten.
        async Task ExpiredAsync(Action fault)
        {
            var before = await RelistsAsync();
            fault();
            using var limit = new CancellationTokenSource(FaultyCluster.Patience);
            while (await RelistsAsync() <= before)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            }
        }

        async Task<double> RelistsAsync() => MetricsText.Sum(await controller.MetricsAsync(), "wsingress_source_relists_total", "reason=\"expired\"");
    }
}
