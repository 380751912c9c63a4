using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What a pod that is added means to those who are there already: nothing to open sockets, and no more than its share to returning users.</summary>
public sealed class ScaleOutTests
{
    private const int Users = 60;

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_new_pod_moves_no_open_socket_and_of_the_users_its_share_alone(WsVia via)
    {
        var backend = new BackendPolicy { LoadBalancing = LoadBalancing.ConsistentHash, HashBy = new HashKey(HashSource.Query, "user") };
        await using var pods = await Pods.StartAsync(5);
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish(pods.Endpoints[..4], backend: backend);
        var live = await Task.WhenAll(Enumerable.Range(0, Users).Select(i => RawHandshake.OpenAsync(proxy, via, $"/?user={i}")));

        proxy.Publish(pods.Endpoints, backend: backend);

        // A user's plain requests go where its new sockets go.
        var moved = 0;
        for (var i = 0; i < Users; i++)
        {
            var (before, after) = (live[i].Headers.Get("X-Pod-Name"), await PodOfAsync(proxy, via, $"/?user={i}"));
            using var plain = await proxy.GetAsync($"/?user={i}");
            Assert.Equal(after, plain.Headers.GetValues("X-Pod-Name").Single());
            Assert.Contains(after, new[] { before, "p4" });
            moved += before == after ? 0 : 1;
        }

        // A fifth is its share; the bound is six standard deviations away from it.
        Assert.InRange(moved, 1, 31);
        await AssertLiveAsync(proxy, live);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    [InlineData(WsVia.Http2)]
    public async Task A_new_pod_moves_nobody_who_has_a_cookie(WsVia via)
    {
        var backend = new BackendPolicy { Affinity = new AffinityCookie() };
        await using var pods = await Pods.StartAsync(4);
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish(pods.Endpoints[..2], backend: backend);
        var live = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RawHandshake.OpenAsync(proxy, via)));

        proxy.Publish(pods.Endpoints, backend: backend);

        foreach (var socket in live)
        {
            var cookie = socket.Headers.Get("Set-Cookie")!.Split(';')[0];
            Assert.Equal(socket.Headers.Get("X-Pod-Name"), await PodOfAsync(proxy, via, "/", ("Cookie", cookie)));
            using var plain = await proxy.GetAsync(headers: h => h.Add("Cookie", cookie));
            Assert.Equal(socket.Headers.Get("X-Pod-Name"), plain.Headers.GetValues("X-Pod-Name").Single());
        }

        await AssertLiveAsync(proxy, live);
    }

    private static async Task<string?> PodOfAsync(TestProxy proxy, WsVia via, string path, params (string Name, string Value)[] headers)
    {
        await using var socket = await RawHandshake.OpenAsync(proxy, via, path, headers: headers);
        Assert.True(socket.IsOpen);
        return socket.Headers.Get("X-Pod-Name");
    }

    private static async Task AssertLiveAsync(TestProxy proxy, RawHandshake[] sockets)
    {
        foreach (var socket in sockets)
        {
            await socket.WriteAsync(Frame.OfText("still here", masked: true));
            Assert.Equal("still here", (await socket.ReadFrameAsync())?.Text);
            await socket.DisposeAsync();
        }

        await Settled.NothingIsHeldAsync(proxy);
    }

    /// <summary>Pods <c>p0</c>, <c>p1</c> and so on.</summary>
    private sealed class Pods(TestPod[] pods) : IAsyncDisposable
    {
        public Endpoint[] Endpoints => [.. pods.Select(pod => pod.Endpoint)];

        public static async Task<Pods> StartAsync(int count) => new(await Task.WhenAll(Enumerable.Range(0, count).Select(i => TestPod.StartAsync($"p{i}"))));

        public async ValueTask DisposeAsync()
        {
            foreach (var pod in pods)
            {
                await pod.DisposeAsync();
            }
        }
    }
}
