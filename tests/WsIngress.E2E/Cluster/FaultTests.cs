using System.Net;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>Open sockets live through everything that can happen to an API server.</summary>
public sealed class FaultTests
{
    private const int Sockets = 1_000;
    private static readonly int[] Seeds = [1, 2, 3, 4];
    private static readonly string[] Names = [.. Enumerable.Range(0, 8).Select(i => $"app-{i}")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_thousand_sockets_live_through_every_fault_of_the_API_server_one_by_one_and_mixed()
    {
        await using var fleet = new PodFleet();
        var pod = await fleet.AddAsync("pod");
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Ingress("chat"));
        server.Apply(ClusterObjects.Service("chat"));
        server.Apply(ClusterObjects.Slice("chat", pod));
        server.Backup();
        await using var controller = await ControllerProcess.StartAsync(server);
        var sockets = new List<LocalSocket>(Sockets);
        foreach (var batch in Enumerable.Range(0, Sockets).Chunk(50))
        {
            sockets.AddRange(await Task.WhenAll(batch.Select(_ => LocalSocket.OpenAsync(controller.Http, "chat.test"))));
        }

        var round = 0;
        foreach (var (name, fault) in Faults(server, controller))
        {
            await fault();
            server.Faults.Clear();
            Publish(server, pod, $"marker-{round}");
            await AgreeAsync(server, controller, $"fault '{name}'", $"marker-{round}", "chat");
            Assert.Equal(name, await sockets[round++].EchoAsync(name));
        }

        foreach (var seed in Seeds)
        {
            await MixAsync(server, pod, new Random(seed));
            await AgreeAsync(server, controller, $"the mix of seed {seed}", [.. Names, "chat"]);
            Assert.Equal("mixed", await sockets[round++].EchoAsync("mixed"));
        }

        Assert.Equal(Sockets, await controller.SocketsAsync());
        Assert.All(await Task.WhenAll(sockets.Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        Assert.Equal(0, MetricsText.Sum(await controller.MetricsAsync(), "wsingress_websocket_closed_total"));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    /// <summary>Faults and writes as the seed wants them. The state of a backup does not come back here: within ten seconds nobody could tell.</summary>
    private static async Task MixAsync(FakeApiServer server, FleetPod pod, Random random)
    {
        var faults = new RandomFaults(server, random, "admin");
        for (var step = 0; step < 40; step++)
        {
            for (var writes = random.Next(4); writes > 0; writes--)
            {
                Write(server, pod, random);
            }

            await faults.NextAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(100)), TimeProvider.System);
        }

        faults.End();
    }

    private static void Write(FakeApiServer server, FleetPod pod, Random random)
    {
        var name = Names[random.Next(Names.Length)];
        switch (random.Next(6))
        {
            case 0:
                server.Delete("ingresses", "default", name);
                break;
            case 1:
                server.Delete("services", "default", name);
                break;
            case 2:
                server.Delete("endpointslices", "default", $"{name}-{pod.Name}");
                break;
            case 3:
                server.Apply(ClusterObjects.Ingress(name));
                break;
            default:
                Publish(server, pod, name);
                break;
        }
    }

    private static void Publish(FakeApiServer server, FleetPod pod, string name)
    {
        server.Apply(ClusterObjects.Ingress(name));
        server.Apply(ClusterObjects.Service(name));
        server.Apply(ClusterObjects.Slice(name, pod));
    }

    /// <summary>Until what is served for each name is what the server's objects ask for.</summary>
    private static async Task AgreeAsync(FakeApiServer server, ControllerProcess controller, string after, params string[] names)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var differences = new List<string>();
            foreach (var name in names)
            {
                var (expected, served) = (Expected(server, name), await StatusAsync(controller.Http, $"{name}.test"));
                if (expected != served)
                {
                    differences.Add($"{name} is {(int)served} in place of {(int)expected}");
                }
            }

            if (differences.Count == 0)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                Assert.Fail($"After {after}: {string.Join(", ", differences)}\n{string.Join('\n', controller.Process.Lines.TakeLast(20))}\n{string.Join('\n', server.Requests.TakeLast(20))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private static HttpStatusCode Expected(FakeApiServer server, string name) =>
        server.Get("ingresses", "default", name) is null ? HttpStatusCode.NotFound
        : server.Get("services", "default", name) is null || server.Get("endpointslices", "default", $"{name}-pod") is null ? HttpStatusCode.ServiceUnavailable
        : HttpStatusCode.OK;

    private static async Task<HttpStatusCode> StatusAsync(int port, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/");
        request.Headers.Host = host;
        using var response = await Http.SendAsync(request);
        return response.StatusCode;
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
            using var limit = new CancellationTokenSource(Patience);
            while (await RelistsAsync() <= before)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            }
        }

        async Task<double> RelistsAsync() => MetricsText.Sum(await controller.MetricsAsync(), "wsingress_source_relists_total", "reason=\"expired\"");
    }
}
