using System.Collections.Immutable;
using System.Net;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Http;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The choice of a pod by itself: exact where it is determined, statistical with a seed where it is not.</summary>
public sealed class BalancerTests
{
    private const int Picks = 6000;

    [Theory]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.LeastConnections)]
    [InlineData(LoadBalancing.Random)]
    [InlineData(LoadBalancing.RoundRobin)]
    public void Idle_pods_of_equal_weight_get_equal_shares(LoadBalancing algorithm)
    {
        var counts = Count(State(1, 1, 1, 1), algorithm, Picks);

        Assert.All(counts.Values, c => Assert.InRange(c, Picks / 4 * 0.9, Picks / 4 * 1.1));
        Assert.Equal(4, counts.Count);
    }

    [Theory]
    [InlineData(LoadBalancing.Random)]
    [InlineData(LoadBalancing.RoundRobin)]
    [InlineData(LoadBalancing.ConsistentHash)]
    public void Weights_share_out_new_requests(LoadBalancing algorithm)
    {
        var counts = Count(State(1, 2, 3), algorithm, Picks);

        Assert.InRange(counts["p0"], 900, 1100);
        Assert.InRange(counts["p1"], 1850, 2150);
        Assert.InRange(counts["p2"], 2800, 3200);
    }

    [Theory]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.LeastConnections)]
    public void Sockets_that_stay_open_settle_by_weight(LoadBalancing algorithm)
    {
        var state = State(1, 3);
        for (var i = 0; i < 400; i++)
        {
            Pick(state, algorithm, new Random(i))!.State.TryTakeSocket(0);
        }

        Assert.InRange(state.Endpoints[0].State.OpenSockets, 95, 105);
        Assert.InRange(state.Endpoints[1].State.OpenSockets, 295, 305);
    }

    [Fact]
    public void Round_robin_takes_turns_exactly()
    {
        var state = State(1, 1, 1);
        var names = Enumerable.Range(0, 9).Select(_ => Pick(state, LoadBalancing.RoundRobin, Random.Shared)!.Endpoint.PodName).ToArray();

        Assert.Equal(3, names.Take(3).Distinct().Count());
        Assert.Equal(names[..3], names[3..6]);
        Assert.Equal(names[..3], names[6..9]);
    }

    [Fact]
    public void Least_connections_never_takes_a_busier_pod()
    {
        var state = State(1, 1, 1, 1, 1);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var least = state.Endpoints.Min(e => e.State.Load);
            var picked = Pick(state, LoadBalancing.LeastConnections, random)!;
            Assert.Equal(least, picked.State.Load);
            if (i % 3 == 0)
            {
                picked.State.RequestTaken();
            }
            else
            {
                picked.State.TryTakeSocket(0);
            }
        }

        Assert.All(state.Endpoints, e => Assert.Equal(100, e.State.Load));
    }

    [Fact]
    public void Power_of_two_never_takes_the_busiest_of_all()
    {
        var state = State(1, 1, 1);
        state.Endpoints[1].State.TryTakeSocket(0);

        Assert.DoesNotContain("p1", Count(state, LoadBalancing.PowerOfTwo, 1000).Keys);
    }

    [Theory]
    [InlineData(LoadBalancing.PowerOfTwo)]
    [InlineData(LoadBalancing.LeastConnections)]
    public void Equal_load_is_broken_at_random_and_not_by_order(LoadBalancing algorithm)
    {
        // 300 replicas of this proxy that all start fresh must not all choose the first pod of the list.
        var first = Enumerable.Range(0, 300).Count(seed => Pick(State(1, 1, 1), algorithm, new Random(seed))!.Endpoint.PodName == "p0");

        Assert.InRange(first, 60, 140);
    }

    [Fact]
    public void Terminating_and_unready_pods_get_nothing()
    {
        var state = State([Pod(0), Pod(1) with { Terminating = true }, Pod(2) with { Ready = false }, Pod(3) with { Ready = true, Serving = false }]);
        foreach (var algorithm in Enum.GetValues<LoadBalancing>())
        {
            Assert.DoesNotContain(Count(state, algorithm, 300).Keys, name => name is "p1" or "p2");
        }

        Assert.Equal(4, state.Endpoints.Count);
    }

    [Fact]
    public void Pods_that_were_tried_are_left_out_until_none_remains()
    {
        foreach (var algorithm in Enum.GetValues<LoadBalancing>())
        {
            var state = State(1, 1, 1);
            var tried = new List<EndpointEntry>();
            while (Balancer.Pick(state, new BackendPolicy { LoadBalancing = algorithm }, null, "key", tried, Random.Shared) is { } next)
            {
                Assert.DoesNotContain(next, tried);
                tried.Add(next);
            }

            Assert.Equal(3, tried.Count);
        }
    }

    [Fact]
    public void A_new_pod_takes_over_its_share_of_the_keys_and_moves_no_other()
    {
        var before = State([.. Enumerable.Range(0, 4).Select(Pod)]);
        var after = State([.. Enumerable.Range(0, 5).Select(Pod)]);
        var moved = 0;
        for (var i = 0; i < 2000; i++)
        {
            var old = Hash(before, $"user-{i}");
            var now = Hash(after, $"user-{i}");
            if (old != now)
            {
                Assert.Equal("p4", now);
                moved++;
            }
        }

        Assert.InRange(moved, 320, 480);
    }

    [Fact]
    public void The_order_of_the_endpoints_does_not_move_a_key()
    {
        var one = State([Pod(0), Pod(1), Pod(2)]);
        var other = State([Pod(2), Pod(0), Pod(1)]);

        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal(Hash(one, $"{i}"), Hash(other, $"{i}")));
    }

    [Theory]
    [InlineData(HashSource.ClientIp, "", "9.9.9.9")]
    [InlineData(HashSource.Header, "X-User", "ann")]
    [InlineData(HashSource.Header, "X-None", "9.9.9.9")]
    [InlineData(HashSource.Cookie, "sid", "\"s1\"")]
    [InlineData(HashSource.Cookie, "si", "9.9.9.9")]
    [InlineData(HashSource.Query, "room", "7%20")]
    [InlineData(HashSource.Query, "flag", "")]
    [InlineData(HashSource.Query, "none", "9.9.9.9")]
    [InlineData(HashSource.Path, "", "/a/b")]
    public void The_hash_key_is_what_the_policy_names_else_the_client(HashSource source, string name, string key)
    {
        Assert.Equal(PathRefusal.None, RequestTarget.TryParse("/a/%62?x=1&room=7%20&flag", out var target));
        var policy = new BackendPolicy { LoadBalancing = LoadBalancing.ConsistentHash, HashBy = new HashKey(source, name) };
        string? Header(string header) => header switch { "X-User" => "ann", "Cookie" => "a=1; sid=\"s1\"; sid=second", _ => null };

        Assert.Equal(key, PickKey.Hash(policy, IPAddress.Parse("9.9.9.9"), target, Header));
    }

    private static string? Hash(BackendState state, string key) =>
        Balancer.Pick(state, new BackendPolicy { LoadBalancing = LoadBalancing.ConsistentHash }, null, key, null, Random.Shared)!.Endpoint.PodName;

    private static EndpointEntry? Pick(BackendState state, LoadBalancing algorithm, Random random) =>
        Balancer.Pick(state, new BackendPolicy { LoadBalancing = algorithm }, null, "", null, random);

    private static Dictionary<string, int> Count(BackendState state, LoadBalancing algorithm, int picks)
    {
        var random = new Random(42);
        var policy = new BackendPolicy { LoadBalancing = algorithm };
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < picks; i++)
        {
            var name = Balancer.Pick(state, policy, null, $"key-{i}", null, random)!.Endpoint.PodName!;
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        return counts;
    }

    private static Endpoint Pod(int i) => new() { Address = $"10.0.0.{i}", Port = 80, PodUid = $"uid-{i}", PodName = $"p{i}" };

    private static BackendState State(params int[] weights) => State([.. weights.Select((w, i) => Pod(i) with { Weight = w })]);

    private static BackendState State(ImmutableArray<Endpoint> endpoints) => new(TestProxy.Backend("echo", [.. endpoints]))
    {
        Current = new EndpointSet(endpoints, [.. endpoints.Select(e => new EndpointEntry(e, new EndpointState(e.StateKey)))]),
    };
}
