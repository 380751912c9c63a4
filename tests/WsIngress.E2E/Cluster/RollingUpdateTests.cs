using System.Collections.Concurrent;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>All pods of a Service are replaced while sockets are open and clients keep coming.</summary>
[Collection(AloneCollection.Name)]
public sealed class RollingUpdateTests
{
    private const int Pods = 10;
    private const int Sockets = 2_000;
    private const int Rate = 200;
    private static readonly (string, string) PodsCloseThemselves = ("drain", "wait");
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task No_handshake_fails_none_reaches_a_pod_that_is_going_and_sockets_of_living_pods_stay()
    {
        await using var fleet = new PodFleet();
        await using var server = await FakeApiServer.StartAsync();
        var rollout = new Rollout(server, fleet);
        for (var i = 0; i < Pods; i++)
        {
            await rollout.AddAsync($"old-{i}");
        }

        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Service("chat"));
        server.Apply(ClusterObjects.Ingress("chat", "chat", PodsCloseThemselves));

        // The handshakes go to the same pods by an Ingress of their own, so that the metrics tell their ends from those of the sockets that stay.
        server.Apply(ClusterObjects.Ingress("come", "chat", PodsCloseThemselves));
        await using var controller = await ControllerProcess.StartAsync(server, "--update-status", "off", "--events", "off", "--leader-election", "off", "--access-log", "on");
        var sockets = new List<FollowedSocket>(Sockets);
        foreach (var batch in Enumerable.Range(0, Sockets).Chunk(50))
        {
            sockets.AddRange(await Task.WhenAll(batch.Select(_ => FollowedSocket.OpenAsync(controller.Http, "chat.test"))));
        }

        await using var stalls = new StallMeter();
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var began = TimeProvider.System.GetTimestamp();
        var clients = ClientsAsync(controller.Http, failures, stop.Token);
        for (var i = 0; i < Pods; i++)
        {
            await rollout.ReplaceAsync(i, () => StayedAsync(controller, sockets, rollout.Ended), isLast: i == Pods - 1);
            await ClosedAsync(controller, sockets, rollout.Ended);
        }

        await stop.CancelAsync();
        var took = TimeProvider.System.GetElapsedTime(began);
        var handshakes = await clients;

        Assert.True(failures.IsEmpty, $"{failures.Count} of {handshakes} handshakes failed:\n{string.Join('\n', failures.Take(10))}\n{string.Join('\n', Refusals(controller).Take(10))}");
        Assert.True(handshakes >= 0.95 * Rate * took.TotalSeconds, $"{handshakes} handshakes in {took.TotalSeconds:0.0} s");
        foreach (var (pod, since) in rollout.Going)
        {
            var last = pod.Handshakes.Max();
            var late = last <= since ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(since, last);
            Assert.True(late < Late + stalls.Longest, $"{pod.Name} got a handshake {late.TotalMilliseconds:0.0} ms after it began to go; the machine itself stood still for up to {stalls.Longest.TotalMilliseconds:0.0} ms");
        }

        Assert.All(fleet.Pods.Skip(Pods), pod => Assert.NotEmpty(pod.Handshakes));
        var living = sockets.Where(socket => !rollout.Ended.Contains(socket.Pod)).ToList();
        Assert.NotEmpty(living);
        Assert.All(await Task.WhenAll(living.Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    /// <summary>200 handshakes a second, each with an echo. One is begun when it is due, however late that is noticed.</summary>
    private static async Task<int> ClientsAsync(int port, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        var running = new List<Task>();
        var began = TimeProvider.System.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            while (running.Count < Rate * TimeProvider.System.GetElapsedTime(began).TotalSeconds)
            {
                running.Add(OneAsync());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }

        await Task.WhenAll(running);
        return running.Count;

        async Task OneAsync()
        {
            var pod = "none";
            try
            {
                await using var socket = await LocalSocket.OpenAsync(port, "come.test");
                pod = socket.Pod;
                Assert.Equal("hello", await socket.EchoAsync("hello"));
                await socket.CloseAsync();
            }
            catch (Exception failed)
            {
                failures.Enqueue($"{failed.Message} (socket with pod {pod})");
            }
        }
    }

    /// <summary>No socket has ended whose pod has not.</summary>
    private static async Task StayedAsync(ControllerProcess controller, List<FollowedSocket> sockets, HashSet<string> ended)
    {
        var lost = sockets.Where(socket => socket.End is not null && !ended.Contains(socket.Pod)).ToList();
        Assert.True(lost.Count == 0, $"{lost.Count} sockets of living pods ended, the first with {lost.FirstOrDefault()?.Pod}: {lost.FirstOrDefault()?.End}");
        var page = await controller.MetricsAsync();
        var gone = sockets.Count(socket => ended.Contains(socket.Pod));
        Assert.Equal(sockets.Count - gone, MetricsText.Sum(page, "wsingress_websocket_connections", "ingress=\"chat\""));
    }

    /// <summary>All sockets of the ended pods, and no others, were closed, by their pods.</summary>
    private static async Task ClosedAsync(ControllerProcess controller, List<FollowedSocket> sockets, HashSet<string> ended)
    {
        var gone = sockets.Count(socket => ended.Contains(socket.Pod));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        double closed, byPods;
        do
        {
            var page = await controller.MetricsAsync();
            closed = MetricsText.Sum(page, "wsingress_websocket_closed_total", "ingress=\"chat\"");
            byPods = MetricsText.Sum(page, "wsingress_websocket_closed_total", "ingress=\"chat\"", "outcome=\"backend-closed\"", "code=\"1001\"");
        }
        while (closed < gone && !limit.IsCancellationRequested);
        Assert.Equal((gone, gone), (closed, byPods));
    }

    private static IEnumerable<string> Refusals(ControllerProcess controller) => controller.Process.Lines.Where(line => line.Contains("\"event\":\"websocket-refused\"", StringComparison.Ordinal));

    /// <summary>A Deployment's rolling update with one pod more than wanted, as its one EndpointSlice shows it.</summary>
    private sealed class Rollout(FakeApiServer server, PodFleet fleet)
    {
        private readonly Dictionary<FleetPod, PodPhase> _phases = [];
        private readonly HashSet<string> _ended = [];

        /// <summary>Names of the pods that have ended.</summary>
        public HashSet<string> Ended => _ended;

        /// <summary>When a pod was shown as terminating.</summary>
        public List<(FleetPod Pod, long Since)> Going { get; } = [];

        public async Task AddAsync(string name)
        {
            _phases[await fleet.AddAsync(name)] = PodPhase.Ready;
            Show();
        }

        /// <summary>A new pod, then the old one is terminating, serves no more, ends, and is gone; the last one stays terminating, alive.</summary>
        public async Task ReplaceAsync(int number, Func<Task> beforeItEnds, bool isLast)
        {
            await AddAsync($"new-{number}");
            await Task.Delay(Step, TimeProvider.System);
            var old = fleet.Pods[number];
            _phases[old] = PodPhase.Terminating;
            Show();
            Going.Add((old, TimeProvider.System.GetTimestamp()));
            await Task.Delay(Step, TimeProvider.System);
            await beforeItEnds();
            if (isLast)
            {
                return;
            }

            _phases[old] = PodPhase.Ended;
            Show();
            await old.EndAsync();
            _ended.Add(old.Name);
            _phases.Remove(old);
            Show();
        }

        private void Show() => server.Apply(ClusterObjects.Slice("chat", "chat-1", fleet.Port, _phases.Select(entry => (entry.Key, entry.Value))));
    }
}
