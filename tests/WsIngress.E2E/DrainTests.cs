using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>Many clients while their pods, or the ingress itself, go.</summary>
[Collection(AloneCollection.Name)]
public sealed class DrainTests
{
    private const int Pods = 10;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    /// <summary>From terminating to killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    /// <summary>From one pod to the next, so that several go at the same time.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    /// <summary>A pod that is going gets no handshake later than this.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_rolling_update_on_an_API_server_tells_every_client_and_never_more_than_half_again_the_even_rate()
    {
        await using var fleet = new PodFleet();
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Service("chat"));
        server.Apply(ClusterObjects.Ingress("chat", "chat", ("drain-window", "3s")));
        void Show(IEnumerable<(FleetPod, PodPhase)> pods) => server.Apply(ClusterObjects.Slice("chat", "chat-1", fleet.Port, pods));
        var rollout = await Rollout.BeginAsync(fleet, Show);
        await using var controller = await ControllerProcess.StartAsync(server, "--update-status", "off", "--events", "off", "--leader-election", "off");

        await RollAsync(rollout, controller.Http);

        Assert.Equal(0, await controller.SocketsAsync());
    }

    [Fact]
    public async Task A_rolling_update_in_a_folder_does_the_same()
    {
        await using var fleet = new PodFleet();
        using var folder = new ManifestFolder();
        folder.Write("chat.yaml", string.Join("\n---\n", ClusterObjects.Class(), ClusterObjects.Service("chat"), ClusterObjects.Ingress("chat", "chat", ("drain-window", "3s"))));
        void Show(IEnumerable<(FleetPod, PodPhase)> pods) => folder.Write("slice.yaml", ClusterObjects.Slice("chat", "chat-1", fleet.Port, pods));
        var rollout = await Rollout.BeginAsync(fleet, Show);
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");

        await RollAsync(rollout, ingress.Http);
    }

    [Fact]
    public async Task A_shutdown_with_3000_sockets_tells_every_client_and_exits_right_after_the_last()
    {
        const int Sockets = 3_000;
        await using var fleet = new PodFleet();
        using var folder = new ManifestFolder();
        folder.Write("chat.yaml", string.Join("\n---\n", ClusterObjects.Class(), ClusterObjects.Service("chat"), ClusterObjects.Ingress("chat")));
        await Rollout.BeginAsync(fleet, pods => folder.Write("slice.yaml", ClusterObjects.Slice("chat", "chat-1", fleet.Port, pods)));
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off", "--drain-window", "5s", "--drain-deadline", "40s");
        var sockets = await OpenAsync(ingress.Http, Sockets);

        Assert.Equal(0, await ingress.Process.StopAsync());
        var exited = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(sockets.Select(socket => socket.Ended));

        Assert.All(sockets, socket => Assert.Equal("Close 1001 proxy-shutdown", socket.End));
        Assert.InRange(TimeProvider.System.GetElapsedTime(sockets.Max(socket => socket.EndedAt), exited), TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(2));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    /// <summary>Replaces all pods. Every client whose socket ends comes back.</summary>
    private static async Task RollAsync(Rollout rollout, int port)
    {
        const int Sockets = 2_000;
        var sockets = await OpenAsync(port, Sockets);
        var back = Task.WhenAll(sockets.Select(async socket =>
        {
            await socket.Ended;
            await using var again = await LocalSocket.OpenAsync(port, "chat.test");
            Assert.Equal("again", await again.EchoAsync("again"));
            await again.CloseAsync();
        }));
        await using var stalls = new StallMeter();
        await rollout.RunAsync();
        await back.WaitAsync(Grace);

        Assert.All(sockets, socket => Assert.Equal("Close 1012 pod-terminating", socket.End));
        foreach (var (pod, since) in rollout.Going)
        {
            var ends = sockets.Where(socket => socket.Pod == pod.Name).Select(socket => TimeProvider.System.GetElapsedTime(since, socket.EndedAt)).Order().ToList();
            Assert.True(ends[^1] < Window + stalls.Longest + Late, $"the last socket of {pod.Name} ended {ends[^1].TotalSeconds:0.00} s after it began to go; the machine stood still for up to {stalls.Longest.TotalSeconds:0.00} s");
            var even = ends.Count / Window.TotalSeconds;
            var most = ends.Select((end, i) => ends.Skip(i).TakeWhile(other => other - end < TimeSpan.FromSeconds(1)).Count()).Max();
            Assert.True(most <= 1.5 * even * (1 + stalls.Longest.TotalSeconds), $"{most} sockets of {pod.Name} ended within a second; evenly it would be {even:0}");
            Assert.True(TimeProvider.System.GetElapsedTime(since, pod.Handshakes.Max()) < Late + stalls.Longest, $"{pod.Name} got a handshake though it was going");
        }

        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    private static async Task<List<FollowedSocket>> OpenAsync(int port, int count)
    {
        var sockets = new List<FollowedSocket>(count);
        foreach (var batch in Enumerable.Range(0, count).Chunk(50))
        {
            sockets.AddRange(await Task.WhenAll(batch.Select(_ => FollowedSocket.OpenAsync(port, "chat.test"))));
        }

        return sockets;
    }

    /// <summary>A Deployment's rolling update, as its one EndpointSlice shows it. Pods serve until their sockets have left, and are killed at the end of their grace period.</summary>
    private sealed class Rollout(PodFleet fleet, Action<IEnumerable<(FleetPod, PodPhase)>> show)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<FleetPod, PodPhase> _phases = [];

        /// <summary>When a pod was shown as terminating.</summary>
        public List<(FleetPod Pod, long Since)> Going { get; } = [];

        public static async Task<Rollout> BeginAsync(PodFleet fleet, Action<IEnumerable<(FleetPod, PodPhase)>> show)
        {
            var rollout = new Rollout(fleet, show);
            for (var i = 0; i < Pods; i++)
            {
                rollout.Show(await fleet.AddAsync($"old-{i}"), PodPhase.Ready);
            }

            return rollout;
        }

        public async Task RunAsync()
        {
            var ends = new List<Task>();
            for (var i = 0; i < Pods; i++)
            {
                Show(await fleet.AddAsync($"new-{i}"), PodPhase.Ready);
                await Task.Delay(Step, TimeProvider.System);
                ends.Add(EndAsync(fleet.Pods[i]));
            }

            await Task.WhenAll(ends);
        }

        private async Task EndAsync(FleetPod pod)
        {
            Show(pod, PodPhase.Terminating);
            Going.Add((pod, TimeProvider.System.GetTimestamp()));
            await Task.Delay(Grace, TimeProvider.System);
            Show(pod, null);
            await pod.DisposeAsync();
        }

        private void Show(FleetPod pod, PodPhase? phase)
        {
            lock (_gate)
            {
                if (phase is { } shown)
                {
                    _phases[pod] = shown;
                }
                else
                {
                    _phases.Remove(pod);
                }

                show([.. _phases.Select(entry => (entry.Key, entry.Value))]);
            }
        }
    }
}
