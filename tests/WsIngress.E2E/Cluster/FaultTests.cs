using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>Open sockets live through everything that can happen to an API server.</summary>
public sealed class FaultTests
{
    private const int Sockets = 1_000;

    [Fact]
    public async Task A_thousand_sockets_live_through_every_fault_of_the_API_server()
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
        foreach (var fault in Faults(server))
        {
            await fault();
            server.Faults.Clear();
            var marker = $"marker-{round++}";
            server.Apply(ClusterObjects.Ingress(marker));
            server.Apply(ClusterObjects.Service(marker));
            server.Apply(ClusterObjects.Slice(marker, pod));
            try
            {
                await LocalSocket.UntilServedAsync(controller.Http, marker + ".test");
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"After fault {round} changes do not arrive any more:\n{string.Join('\n', controller.Process.Lines.TakeLast(20))}\n{string.Join('\n', server.Requests.TakeLast(20))}");
            }

            Assert.Equal("round", await sockets[round].EchoAsync("round"));
        }

        Assert.Equal(Sockets, await controller.SocketsAsync());
        Assert.All(await Task.WhenAll(sockets.Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        Assert.DoesNotContain("wsingress_websocket_closed_total{", await controller.MetricsAsync(), StringComparison.Ordinal);
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    private static IEnumerable<Func<Task>> Faults(FakeApiServer server)
    {
        var moment = TimeSpan.FromMilliseconds(300);
        yield return () => Now(() => server.Faults.CutWatches());
        yield return () => Now(() => server.Faults.EndWatches());
        yield return () => Now(() => server.Faults.GarbageLine());
        yield return () => Now(() => server.Faults.Gone(GoneForm.StreamExpired));
        yield return () => Now(() =>
        {
            server.Faults.Gone(GoneForm.StreamGone);
            server.Faults.EndWatches();
        });
        yield return () => Now(() =>
        {
            server.Compact();
            server.Faults.CutWatches();
        });
        yield return () => For(moment, () => server.Faults.Fail(500));
        yield return () => For(moment, () => server.Faults.Fail(429, TimeSpan.FromSeconds(1), times: 3));
        yield return () => For(moment, () => server.Faults.Fail(403));
        yield return () => For(moment, () => server.Faults.Fail(401));
        yield return () => For(moment, () => server.Faults.Delay(TimeSpan.FromMilliseconds(100)));
        yield return () => server.RestartAsync(down: moment);
        yield return () => server.RestartAsync(lowerRevision: true, down: moment);

        Task Now(Action fault)
        {
            fault();
            return Task.CompletedTask;
        }

        async Task For(TimeSpan time, Action fault)
        {
            fault();
            server.Faults.CutWatches();
            await Task.Delay(time, TimeProvider.System);
        }
    }
}
