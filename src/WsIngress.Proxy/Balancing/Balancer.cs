using System.IO.Hashing;
using System.Runtime.InteropServices;
using WsIngress.Routing;

namespace WsIngress.Proxy.Balancing;

/// <summary>
/// Picks the pod for a new request or socket. Load is open sockets plus requests in flight over the endpoint's weight, read from
/// <see cref="EndpointState"/>, so a table swap forgets nothing. Ties are broken at random: the first of the list must not fill first.
/// </summary>
internal static class Balancer
{
    /// <param name="backend">Its eligible endpoints are the candidates.</param>
    /// <param name="policy">Algorithm of the route.</param>
    /// <param name="affinityToken">Value of the affinity cookie, or null.</param>
    /// <param name="hashKey">Text to hash for consistent-hash.</param>
    /// <param name="tried">Endpoints that refused the connection in this request; they are left out.</param>
    /// <param name="random">Source of choice.</param>
    /// <param name="mostSockets">Endpoints with so many open sockets are left out; zero: none is.</param>
    /// <param name="time">The clock, for pods that begin slowly; null: none does.</param>
    /// <param name="paced">Endpoints that may not take a new socket just now are left out.</param>
    /// <returns>Null when no candidate is left.</returns>
    public static EndpointEntry? Pick(BackendState backend, BackendPolicy policy, string? affinityToken, ReadOnlySpan<char> hashKey, List<EndpointEntry>? tried, Random random, int mostSockets = 0, TimeProvider? time = null, bool paced = false)
    {
        var candidates = backend.Current.Eligible;
        if (tried is { Count: > 0 })
        {
            candidates = Array.FindAll(candidates, c => !tried.Exists(t => t.State.Key == c.State.Key));
        }

        if (mostSockets > 0)
        {
            candidates = Array.FindAll(candidates, c => c.State.OpenSockets < mostSockets);
        }

        if (paced && policy.Pace.IsOn)
        {
            var now = time!.GetTimestamp();
            candidates = Array.FindAll(candidates, c => c.State.Bucket.UntilNext(c.State.PaceAt(policy, now, time)) == TimeSpan.Zero);
        }

        if (candidates.Length == 0)
        {
            return null;
        }

        if (affinityToken is not null && policy.Affinity is not null
            && Array.Find(candidates, c => c.AffinityToken == affinityToken) is { } bound)
        {
            return bound;
        }

        var shares = time is null ? default : PodShares.At(policy.SlowStart, time, candidates);
        return candidates.Length == 1 ? candidates[0] : policy.LoadBalancing switch
        {
            LoadBalancing.LeastConnections => Least(candidates, shares, random),
            LoadBalancing.RoundRobin when !shares.AreUneven => RoundRobin(candidates, backend.NextTurn()),
            LoadBalancing.Random or LoadBalancing.RoundRobin => Weighted(candidates, shares, random),

            // A key that moved to a pod bit by bit while it warms up would have moved twice.
            LoadBalancing.ConsistentHash => Rendezvous(candidates, hashKey),
            _ => PowerOfTwo(candidates, shares, random),
        };
    }

    private static EndpointEntry PowerOfTwo(EndpointEntry[] candidates, in PodShares shares, Random random)
    {
        var first = random.Next(candidates.Length);
        var second = random.Next(candidates.Length - 1);
        if (second >= first)
        {
            second++;
        }

        var order = Compare(candidates[first], candidates[second], shares);
        if (order == 0)
        {
            order = random.Next(2) == 0 ? -1 : 1;
        }

        return order < 0 ? candidates[first] : candidates[second];
    }

    private static EndpointEntry Least(EndpointEntry[] candidates, in PodShares shares, Random random)
    {
        var best = candidates[0];
        var ties = 1;
        for (var i = 1; i < candidates.Length; i++)
        {
            var order = Compare(candidates[i], best, shares);
            if (order < 0)
            {
                best = candidates[i];
                ties = 1;
            }
            else if (order == 0 && random.Next(++ties) == 0)
            {
                best = candidates[i];
            }
        }

        return best;
    }

    /// <summary>Load over weight, compared by cross multiplication; a new socket is counted in, so that weight matters at zero load.</summary>
    private static int Compare(EndpointEntry x, EndpointEntry y, in PodShares shares) =>
        ((x.State.Load + 1L) * shares.Of(y)).CompareTo((y.State.Load + 1L) * shares.Of(x));

    private static EndpointEntry RoundRobin(EndpointEntry[] candidates, uint turn)
    {
        var total = Total(candidates, default);
        return total == candidates.Length ? candidates[turn % (uint)candidates.Length] : At(candidates, default, turn % (uint)total);
    }

    private static EndpointEntry Weighted(EndpointEntry[] candidates, in PodShares shares, Random random) => At(candidates, shares, random.NextInt64(Total(candidates, shares)));

    private static long Total(EndpointEntry[] candidates, in PodShares shares)
    {
        var total = 0L;
        foreach (var candidate in candidates)
        {
            total += shares.Of(candidate);
        }

        return total;
    }

    private static EndpointEntry At(EndpointEntry[] candidates, in PodShares shares, long share)
    {
        foreach (var candidate in candidates)
        {
            share -= shares.Of(candidate);
            if (share < 0)
            {
                return candidate;
            }
        }

        return candidates[^1];
    }

    /// <summary>Highest random weight: when a pod comes or goes, only the keys that it takes or had move.</summary>
    private static EndpointEntry Rendezvous(EndpointEntry[] candidates, ReadOnlySpan<char> key)
    {
        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key));
        var best = candidates[0];
        var bestScore = double.NegativeInfinity;
        foreach (var candidate in candidates)
        {
            var mixed = Mix(hash ^ candidate.HashSeed);
            var unit = ((mixed >> 11) + 0.5) * (1.0 / (1UL << 53));
            var score = -candidate.Endpoint.Weight / Math.Log(unit);
            if (score > bestScore)
            {
                best = candidate;
                bestScore = score;
            }
        }

        return best;
    }

    /// <summary>Finaliser of SplitMix64: spreads every input bit over all output bits.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
