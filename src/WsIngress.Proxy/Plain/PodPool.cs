using System.Net;
using WsIngress.Transport.Loops;

namespace WsIngress.Proxy.Plain;

/// <summary>Idle connections of one loop to pods, the last one used first. All members are for the loop's thread.</summary>
internal sealed class PodPool(EventLoop loop) : LoopTimer
{
    /// <summary>Idle connections to one pod; what is above is closed.</summary>
    public const int MaxIdle = 256;

    /// <summary>How long one may be idle, to be less than what pods, and what stands between, allow in general.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<EndPoint, List<KeptPod>> _idle = [];
    private bool _looksLater;
    private bool _isClosed;

    public int Count { get; private set; }

    /// <summary>An idle connection, or null.</summary>
    public KeptPod? Take(EndPoint target)
    {
        while (_idle.TryGetValue(target, out var pods) && pods.Count > 0)
        {
            var pod = pods[^1];
            pods.RemoveAt(pods.Count - 1);
            Count--;
            pod.Wake();

            // Bytes or an end that the loop has not come to hear of yet.
            if (pod.Socket.IsSilent())
            {
                return pod;
            }

            pod.Socket.Close();
        }

        return null;
    }

    /// <summary>Keeps a connection whose last answer has been read to its end.</summary>
    public void Give(KeptPod pod)
    {
        if (_isClosed || pod.Socket.IsClosed)
        {
            pod.Socket.Abandon();
            return;
        }

        if (!_idle.TryGetValue(pod.Target, out var pods))
        {
            _idle.Add(pod.Target, pods = []);
        }

        if (pods.Count == MaxIdle)
        {
            pod.Socket.Abandon();
            return;
        }

        try
        {
            pod.Rest(this);
        }
        catch
        {
            pod.Socket.Abandon();
            throw;
        }

        pods.Add(pod);
        Count++;
        LookLater();
    }

    /// <summary>The pod has ended it.</summary>
    public void Remove(KeptPod pod)
    {
        if (_idle.TryGetValue(pod.Target, out var pods) && pods.Remove(pod))
        {
            Count--;
        }
    }

    /// <summary>Closes what has been idle for too long, and forgets pods without connections.</summary>
    public override void OnDue()
    {
        _looksLater = false;
        Close(p => loop.Time.GetElapsedTime(p.IdleSince) >= IdleTimeout);
        if (Count > 0)
        {
            LookLater();
        }
    }

    /// <summary>Closes all, and what is given from now on.</summary>
    public void Close()
    {
        _isClosed = true;
        Close(static _ => true);
        loop.Timers.Clear(this);
    }

    private void LookLater()
    {
        if (!_looksLater)
        {
            _looksLater = true;
            loop.Timers.Set(this, LookEvery);
        }
    }

    private void Close(Predicate<KeptPod> which)
    {
        foreach (var (target, pods) in _idle)
        {
            foreach (var pod in pods.FindAll(which))
            {
                pod.Wake();
                pod.Socket.Close();
            }

            Count -= pods.RemoveAll(static p => p.Socket.IsClosed);
            if (pods.Count == 0)
            {
                _idle.Remove(target);
            }
        }
    }
}
