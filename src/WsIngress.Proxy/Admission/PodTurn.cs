using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Live;

namespace WsIngress.Proxy.Admission;

/// <summary>
/// The next pod to ask: the balancer's choice among those that have a place and, where the backend has a pace, a turn. Taking one takes its place and its turn.
/// </summary>
internal sealed class PodTurn(RouteBackend backend, string? affinity, string hashKey, Random random, TimeProvider time) : HandshakeTurn
{
    private List<EndpointEntry>? _tried;
    private EndpointEntry? _pod;

    /// <summary>The one that was taken; its place belongs to the caller.</summary>
    public EndpointEntry Pod => _pod ?? throw new InvalidOperationException("No pod is taken.");

    /// <summary>A pod has refused the connection.</summary>
    public bool HasTried => _tried is not null;

    public override bool IsPicky => HasTried;

    /// <summary>It is not picked again for this handshake.</summary>
    public void Exclude(EndpointEntry pod) => (_tried ??= []).Add(pod);

    public override TurnOutcome Take(long now)
    {
        var policy = backend.Policy;
        while (Balancer.Pick(backend.Backend, policy, affinity, hashKey, _tried, random, policy.MaxConnectionsPerPod, time, paced: true) is { } pod)
        {
            if (!pod.State.TryTakeSocket(policy.MaxConnectionsPerPod))
            {
                // Somebody else took its last place a moment ago: it is not picked again.
                continue;
            }

            if (policy.Pace.IsOn && !pod.State.Bucket.TryTake(pod.State.PaceAt(policy, now, time)))
            {
                pod.State.SocketReturned();
                continue;
            }

            _pod = pod;
            return TurnOutcome.Taken;
        }

        return policy.Pace.IsOn && Waiting().Any() ? TurnOutcome.Later : TurnOutcome.Never;
    }

    public override void GiveBack()
    {
        Pod.State.SocketReturned();
        if (backend.Policy.Pace.IsOn)
        {
            Pod.State.Bucket.GiveBack();
        }

        _pod = null;
    }

    public override double RateAt(long now) => Waiting().Sum(pod => pod.State.PaceAt(backend.Policy, now, time).Rate);

    public override TimeSpan UntilNext(long now)
    {
        var soonest = TimeSpan.MaxValue;
        foreach (var pod in Waiting())
        {
            var wait = pod.State.Bucket.UntilNext(pod.State.PaceAt(backend.Policy, now, time));
            soonest = wait < soonest ? wait : soonest;
        }

        return soonest == TimeSpan.MaxValue ? TimeSpan.Zero : soonest;
    }

    /// <summary>Pods that only lack a turn.</summary>
    private IEnumerable<EndpointEntry> Waiting()
    {
        var most = backend.Policy.MaxConnectionsPerPod;
        foreach (var pod in backend.Backend.Current.Eligible)
        {
            if ((most == 0 || pod.State.OpenSockets < most) && _tried?.Exists(tried => tried.State.Key == pod.State.Key) != true)
            {
                yield return pod;
            }
        }
    }
}
