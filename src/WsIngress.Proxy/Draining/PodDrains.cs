using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Routing;

namespace WsIngress.Proxy.Draining;

/// <summary>
/// Ends the open sockets of pods that go, at the pace and with the code that their backends ask for. A pod is its UID: one that comes back on
/// the same address is another, and one that comes back itself keeps what is still open.
/// </summary>
internal sealed class PodDrains(RelayRegistry sockets, PodDeadline? deadline, TimeProvider time, Random random, ILogger logger) : IDisposable
{
    /// <summary>
    /// A pod that no slice names may soon be named again: slices are rearranged, a selector is mended, an API server was restored from a backup. One that is
    /// really gone breaks its connections meanwhile.
    /// </summary>
    public static readonly TimeSpan RemovalGrace = TimeSpan.FromSeconds(30);

    /// <summary>Kept free of what a pod has left: the last close handshakes, and the pod's own end.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(6);

    /// <summary>For the answer when a pod will be killed.</summary>
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<EndpointState, Run> _runs = [];
    private bool _disposed;

    /// <summary>The pod's phase has changed. Returns at once.</summary>
    public void Changed(EndpointState pod)
    {
        if (pod.OpenSockets > 0 || pod.Phase == PodPhase.Serving)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Drains.Follow(state.Pod), (Drains: this, Pod: pod), preferLocal: false);
        }
    }

    /// <summary>A socket has opened, and stands in the registry: its handshake may have begun before its pod was going.</summary>
    public void Opened(RelaySession session, SocketFacts facts)
    {
        if (facts.Endpoint.State.Phase != PodPhase.Serving)
        {
            _ = EndLateAsync(session, facts);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var run in _runs.Values)
            {
                run.Stop.Cancel();
            }
        }
    }

    private void Follow(EndpointState pod)
    {
        Run run;
        lock (_gate)
        {
            var phase = pod.Phase;
            if (_runs.TryGetValue(pod, out var old))
            {
                // A pod that was going is gone in the end: nothing about its sockets is decided anew.
                if (old.Phase == phase || (old.Phase == PodPhase.Terminating && phase == PodPhase.Gone))
                {
                    return;
                }

                _runs.Remove(pod);
                old.Stop.Cancel();
            }

            if (_disposed || phase == PodPhase.Serving)
            {
                return;
            }

            _runs[pod] = run = new Run(phase, new CancellationTokenSource());
        }

        _ = RunAsync(pod, run);
    }

    private async Task RunAsync(EndpointState pod, Run run)
    {
        try
        {
            if (run.Phase == PodPhase.Gone)
            {
                await Task.Delay(RemovalGrace, time, run.Stop.Token).ConfigureAwait(false);
            }

            var leaving = sockets.Where(session => session.Tag is SocketFacts facts && ReferenceEquals(facts.Endpoint.State, pod)).ToArray();
            if (leaving.Length > 0)
            {
                ProxyLog.PodLeaves(logger, ((SocketFacts)leaving[0].Tag!).Pod, pod.Key, run.Phase == PodPhase.Gone ? "gone" : "terminating", leaving.Length);
            }

            var left = leaving.Length > 0 && run.Phase == PodPhase.Terminating ? await LeftAsync((SocketFacts)leaving[0].Tag!, run.Stop.Token).ConfigureAwait(false) : TimeSpan.MaxValue;
            await Task.WhenAll(leaving.GroupBy(session => PolicyOf((SocketFacts)session.Tag!)).Select(group => EndAsync(pod, [.. group], group.Key, left, run))).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It has come back, or the process ends.
        }
        finally
        {
            lock (_gate)
            {
                // What opens from here on is ended by itself.
                if (_runs.TryGetValue(pod, out var own) && own == run)
                {
                    _runs.Remove(pod);
                }
            }
        }
    }

    /// <summary>What a terminating pod has left for its sockets; as long as one likes where that is not known.</summary>
    private async Task<TimeSpan> LeftAsync(SocketFacts facts, CancellationToken stop)
    {
        if (deadline is null || facts.Endpoint.Endpoint is not { PodUid: { } uid, PodName: { } name })
        {
            return TimeSpan.MaxValue;
        }

        using var limit = new CancellationTokenSource(AskTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            var ns = BackendOf(facts)?.Backend.Namespace ?? facts.Route.Route.Owner.Namespace;
            var killed = await deadline(ns, name, uid, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            return killed is { } at ? TimeSpan.FromTicks(Math.Max(0, (at - time.GetUtcNow() - Margin).Ticks)) : TimeSpan.MaxValue;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return TimeSpan.MaxValue;
        }
    }

    private Task EndAsync(EndpointState pod, RelaySession[] sessions, DrainPolicy policy, TimeSpan left, Run run) => policy.Mode switch
    {
        DrainMode.Wait => Task.CompletedTask,
        _ => EvenPace.EndAsync(
            sessions,
            policy.Mode != DrainMode.Spread ? TimeSpan.Zero : left < policy.Window ? left : policy.Window,
            time,
            random,
            session => End(session, run.Phase, policy),
            () => pod.OpenSockets == 0,
            run.Stop.Token),
    };

    /// <summary>Somewhere within the window, as the others; but not if the pod is back by then.</summary>
    private async Task EndLateAsync(RelaySession session, SocketFacts facts)
    {
        var (pod, policy) = (facts.Endpoint.State, PolicyOf(facts));
        if (policy.Mode == DrainMode.Wait)
        {
            return;
        }

        var wait = policy.Mode == DrainMode.Spread ? policy.Window * random.NextDouble() : TimeSpan.Zero;
        await Task.Delay(pod.Phase == PodPhase.Gone ? RemovalGrace + wait : wait, time).ConfigureAwait(false);
        if (pod.Phase is not PodPhase.Serving and var phase)
        {
            End(session, phase, policy);
        }
    }

    private static void End(RelaySession session, PodPhase phase, DrainPolicy policy) =>
        session.RequestEnd(phase == PodPhase.Gone ? RelayOutcome.PodRemoved : RelayOutcome.PodTerminating, policy.CloseCode);

    /// <summary>That of the route's backend that the socket went to.</summary>
    internal static DrainPolicy PolicyOf(SocketFacts facts) => BackendOf(facts)?.Policy.Drain ?? DrainPolicy.Default;

    private static RouteBackend? BackendOf(SocketFacts facts) => facts.Route.Backends.FirstOrDefault(backend => backend.Backend.Service == facts.Service);

    private sealed record Run(PodPhase Phase, CancellationTokenSource Stop);
}
