using System.Collections.Concurrent;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>All pods of a Service are replaced while sockets are open and clients keep coming.</summary>
public sealed class RollingUpdateTests
{
    private const int Pods = 10;
    private const int Sockets = 2_000;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task No_handshake_fails_none_reaches_a_pod_that_is_going_and_sockets_of_living_pods_stay()
    {
        await using var fleet = new PodFleet();
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Ingress("chat"));
        server.Apply(ClusterObjects.Service("chat"));
        for (var i = 0; i < Pods; i++)
        {
            server.Apply(ClusterObjects.Slice("chat", await fleet.AddAsync($"old-{i}")));
        }

        await using var controller = await ControllerProcess.StartAsync(server, "--update-status", "off", "--events", "off", "--leader-election", "off");
        var sockets = new List<LocalSocket>(Sockets);
        foreach (var batch in Enumerable.Range(0, Sockets).Chunk(50))
        {
            sockets.AddRange(await Task.WhenAll(batch.Select(_ => LocalSocket.OpenAsync(controller.Http, "chat.test"))));
        }

        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var clients = ClientsAsync(controller.Http, failures, stop.Token);
        var going = await ReplaceAsync(server, fleet);
        await stop.CancelAsync();
        var handshakes = await clients;

        Assert.Empty(failures);
        Assert.True(handshakes > Pods * Between.TotalSeconds * 100, $"{handshakes} handshakes");
        foreach (var (pod, since) in going)
        {
            var last = pod.Handshakes.Max();
            Assert.True(last <= since || TimeProvider.System.GetElapsedTime(since, last) < Late, $"{pod.Name} got a handshake {TimeProvider.System.GetElapsedTime(since, last).TotalMilliseconds} ms after it began to go");
        }

        Assert.All(fleet.Pods.Skip(Pods), pod => Assert.NotEmpty(pod.Handshakes));
        await StayedAsync(sockets, ended: fleet.Pods.Take(Pods - 1).Select(pod => pod.Name).ToHashSet());
    }

    /// <summary>A new pod, then an old one turns terminating and is gone a moment later; the last old one stays terminating, alive.</summary>
    private static async Task<List<(FleetPod Pod, long Since)>> ReplaceAsync(FakeApiServer server, PodFleet fleet)
    {
        var going = new List<(FleetPod, long)>();
        for (var i = 0; i < Pods; i++)
        {
            server.Apply(ClusterObjects.Slice("chat", await fleet.AddAsync($"new-{i}")));
            await Task.Delay(Between / 2, TimeProvider.System);
            var old = fleet.Pods[i];
            server.Apply(ClusterObjects.Slice("chat", old, ready: false, terminating: true));
            going.Add((old, TimeProvider.System.GetTimestamp()));
            await Task.Delay(Between / 2, TimeProvider.System);
            if (i < Pods - 1)
            {
                await old.EndAsync();
                server.Delete("endpointslices", "default", $"chat-{old.Name}");
            }
        }

        return going;
    }

    /// <summary>200 handshakes a second, each with an echo.</summary>
    private static async Task<int> ClientsAsync(int port, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        var running = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                running.Add(OneAsync());
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }

        await Task.WhenAll(running);
        return running.Count;

        async Task OneAsync()
        {
            try
            {
                await using var socket = await LocalSocket.OpenAsync(port, "chat.test");
            }
            catch (Exception failed)
            {
                failures.Enqueue(failed.Message);
            }
        }
    }

    private static async Task StayedAsync(List<LocalSocket> sockets, HashSet<string> ended)
    {
        var living = sockets.Where(socket => !ended.Contains(socket.Pod)).ToList();
        Assert.NotEmpty(living);
        Assert.All(await Task.WhenAll(living.Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }
}
