using k8s;
using k8s.Models;
using WsIngress.ApiServer;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>The seam of the fake API server, and that KubernetesClient gets along with it.</summary>
public sealed class FakeApiServerTests
{
    private const string Ingresses = "/apis/networking.k8s.io/v1/ingresses";

    [Fact]
    public async Task Applied_objects_are_listed_with_their_versions_and_without_kind()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = new WireClient(server.Address);

        var version = server.Apply(Ingress("shop", "web"));
        server.Apply(Ingress("blog", "web"));
        var all = await client.GetAsync(Ingresses);
        var one = await client.GetAsync("/apis/networking.k8s.io/v1/namespaces/shop/ingresses");

        Assert.Equal(["web", "web"], all.Names);
        Assert.Equal("blog", (string)all.Json["items"]![0]!["metadata"]!["namespace"]!);
        Assert.Equal(version, (string)one.Json["items"]!.AsArray().Single()!["metadata"]!["resourceVersion"]!);
        Assert.Null(one.Json["items"]![0]!["kind"]);
        Assert.Equal("IngressList", (string)one.Json["kind"]!);
        Assert.Equal(server.Revision.ToString(), all.Version);
    }

    [Fact]
    public async Task A_watch_sees_changes_and_a_write_that_changes_nothing_is_silent()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = new WireClient(server.Address);
        using var watch = await client.WatchAsync($"{Ingresses}?watch=true&resourceVersion={server.Revision}");

        var first = server.Apply(Ingress("shop", "web"));
        Assert.Equal(first, server.Apply(Ingress("shop", "web")));
        server.Apply(Ingress("shop", "web", host: "b.example.com"));
        Assert.True(server.Delete("ingresses", "shop", "web"));

        Assert.Equal("ADDED web", (await watch.NextAsync()).ToString());
        var changed = await watch.NextAsync();
        Assert.Equal("MODIFIED web", changed.ToString());
        Assert.Equal(2, (int)changed.Json["metadata"]!["generation"]!);
        var gone = await watch.NextAsync();
        Assert.Equal("DELETED web", gone.ToString());
        Assert.Equal(server.Revision.ToString(), gone.Version);
    }

    [Fact]
    public async Task The_client_library_reads_writes_status_and_leases()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = Client(server);
        server.Apply(Ingress("shop", "web"));

        var status = new V1Patch("""{"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.1"}]}}}""", V1Patch.PatchType.MergePatch);
        await client.NetworkingV1.PatchNamespacedIngressStatusAsync(status, "web", "shop");
        var lease = new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = "leader" },
            Spec = new V1LeaseSpec { HolderIdentity = "a", LeaseDurationSeconds = 15, RenewTime = new DateTime(2026, 1, 1, 0, 0, 0, 1, DateTimeKind.Utc) },
        };
        var made = await client.CoordinationV1.CreateNamespacedLeaseAsync(lease, "default");
        made.Spec.HolderIdentity = "b";
        await client.CoordinationV1.ReplaceNamespacedLeaseAsync(made, "leader", "default");
        var stale = await Assert.ThrowsAsync<k8s.Autorest.HttpOperationException>(() => client.CoordinationV1.ReplaceNamespacedLeaseAsync(made, "leader", "default"));

        Assert.Equal("10.0.0.1", server.Get<V1Ingress>("ingresses", "shop", "web")!.Status.LoadBalancer.Ingress.Single().Ip);
        Assert.Equal("b", server.Get<V1Lease>("leases", "default", "leader")!.Spec.HolderIdentity);
        Assert.Equal(409, (int)stale.Response.StatusCode);
        Assert.Equal("PATCH", server.Requests[0].Method);
        Assert.Equal("admin", server.Requests[0].Token);
        Assert.Contains("10.0.0.1", server.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_library_watches()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = Client(server);
        await using var seen = client.NetworkingV1.WatchListIngressForAllNamespacesAsync(resourceVersion: server.Revision.ToString()).GetAsyncEnumerator();

        var next = seen.MoveNextAsync();
        server.Apply(Ingress("shop", "web"));

        Assert.True(await next.AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal((WatchEventType.Added, "web"), (seen.Current.Item1, seen.Current.Item2.Metadata.Name));
    }

    [Fact]
    public async Task A_list_and_the_watch_from_its_version_lose_nothing_while_others_write()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = new WireClient(server.Address);
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            var random = new Random(w);
            for (var i = 0; i < 250; i++)
            {
                var name = $"web-{random.Next(20)}";
                if (random.Next(3) == 0)
                {
                    server.Delete("ingresses", "shop", name);
                }
                else
                {
                    server.Apply(Ingress("shop", name, host: $"h{i}.example.com"));
                }
            }
        })).ToArray();

        var list = await client.GetAsync(Ingresses);
        var state = list.Json["items"]!.AsArray().ToDictionary(i => (string)i!["metadata"]!["name"]!, i => (string)i!["metadata"]!["resourceVersion"]!);
        using var watch = await client.WatchAsync($"{Ingresses}?watch=true&resourceVersion={list.Version}");
        await Task.WhenAll(writers);
        server.Apply(Ingress("shop", "last"));
        var version = 0L;
        for (var last = ""; last != "last";)
        {
            var change = await watch.NextAsync();
            Assert.True(long.Parse(change.Version) > version, "versions rise");
            version = long.Parse(change.Version);
            Assert.Equal(change.Type != "ADDED", state.ContainsKey(change.Name));
            state[change.Name] = change.Version;
            if (change.Type == "DELETED")
            {
                state.Remove(change.Name);
            }

            last = change.Name;
        }

        Assert.Equal(server.List("ingresses").ToDictionary(i => (string)i["metadata"]!["name"]!, i => (string)i["metadata"]!["resourceVersion"]!).OrderBy(p => p.Key), state.OrderBy(p => p.Key));
    }

    [Fact]
    public async Task Texts_of_a_secret_are_stored_as_data()
    {
        await using var server = await FakeApiServer.StartAsync();

        server.Apply(new V1Secret { Metadata = new V1ObjectMeta { Name = "s" }, StringData = new Dictionary<string, string> { ["a"] = "b" } });

        Assert.Equal("b"u8.ToArray(), server.Get<V1Secret>("secrets", "default", "s")!.Data["a"]);
        Assert.Null(server.Get("secrets", "default", "s")!["stringData"]);
    }

    [Fact]
    public async Task Open_watches_are_counted()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = new WireClient(server.Address);

        using (await client.WatchAsync($"{Ingresses}?watch=true"))
        {
            await server.WaitForWatchersAsync("ingresses");
            Assert.Equal(0, server.Watchers("services"));
        }

        await Assert.ThrowsAsync<TimeoutException>(() => server.WaitForWatchersAsync("ingresses", 2, TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task An_object_of_no_served_kind_is_refused()
    {
        await using var server = await FakeApiServer.StartAsync();

        Assert.Throws<ArgumentException>(() => server.Apply("""{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"x"}}"""));
        Assert.Throws<ArgumentException>(() => server.Apply("[]"));
        Assert.Throws<ArgumentException>(() => server.Apply(new V1Ingress { Metadata = new V1ObjectMeta { Name = "Big Name" } }));
    }

    internal static Kubernetes Client(FakeApiServer server, string token = "admin")
    {
        var file = Path.GetTempFileName();
        try
        {
            server.WriteKubeconfig(file, token);
            return new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static V1Ingress Ingress(string ns, string name, string host = "a.example.com") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns },
        Spec = new V1IngressSpec { IngressClassName = "ws", Rules = [new V1IngressRule { Host = host }] },
    };
}
