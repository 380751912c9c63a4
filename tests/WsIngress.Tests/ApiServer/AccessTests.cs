using System.Text.Json.Nodes;
using WsIngress.ApiServer;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>Tokens and rights of the fake.</summary>
public sealed class AccessTests
{
    private const string Ingresses = "/apis/networking.k8s.io/v1/ingresses";
    private const string User = "system:serviceaccount:ws:controller";

    [Fact]
    public async Task Rights_are_by_verb_group_resource_namespace_and_name()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        server.Access.Set("t", User, AccessRule.Read("networking.k8s.io", "ingresses"), new AccessRule(["patch"], "networking.k8s.io", "ingresses/status"), new AccessRule(["get"], "", "secrets", "shop", "tls"));
        using var client = new WireClient(server.Address, "t");

        Assert.Equal(200, (await client.GetAsync(Ingresses)).Status);
        Assert.Equal(200, (await client.SendAsync("PATCH", "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web/status", """{"status":{}}""", "application/merge-patch+json")).Status);
        Assert.Equal(404, (await client.GetAsync("/api/v1/namespaces/shop/secrets/tls")).Status);
        await ForbiddenAsync("GET", "/api/v1/namespaces/shop/secrets/other", "secrets \"other\" is forbidden: User \"" + User + "\" cannot get resource \"secrets\" in API group \"\" in the namespace \"shop\"");
        await ForbiddenAsync("GET", "/api/v1/secrets", "secrets is forbidden: User \"" + User + "\" cannot list resource \"secrets\" in API group \"\" at the cluster scope");
        await ForbiddenAsync("GET", "/apis/nosuch.example.com/v1/things", "things.nosuch.example.com is forbidden: User \"" + User + "\" cannot list resource \"things\" in API group \"nosuch.example.com\" at the cluster scope");
        await ForbiddenAsync("PATCH", "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web", "ingresses.networking.k8s.io \"web\" is forbidden: User \"" + User + "\" cannot patch resource \"ingresses\" in API group \"networking.k8s.io\" in the namespace \"shop\"");

        async Task ForbiddenAsync(string method, string path, string message)
        {
            var answer = await client.SendAsync(method, path);
            Assert.Equal((403, "Forbidden", message), (answer.Status, answer.Reason, answer.Message));
        }
    }

    [Fact]
    public async Task Rights_lost_leave_an_open_watch_alone_and_refuse_the_next()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Access.Set("t", User, AccessRule.Read("networking.k8s.io", "ingresses"));
        using var client = new WireClient(server.Address, "t");
        using var watch = await client.WatchAsync($"{Ingresses}?watch=true");

        server.Access.Set("t", User);
        server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        var next = await client.GetAsync($"{Ingresses}?watch=true");
        server.Access.Withdraw("t");

        Assert.Equal("ADDED web", (await watch.NextAsync()).ToString());
        Assert.Equal((403, "Forbidden"), (next.Status, next.Reason));
        Assert.Equal(401, (await client.GetAsync(Ingresses)).Status);
    }

    [Theory]
    [InlineData("list", true)]
    [InlineData("delete", false)]
    public async Task A_client_can_ask_for_its_own_rights(string verb, bool allowed)
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Access.Set("t", User, AccessRule.Read("", "secrets"), new AccessRule(["create"], "authorization.k8s.io", "selfsubjectaccessreviews"));
        using var client = new WireClient(server.Address, "t");
        var review = JsonNode.Parse($$$$"""{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"resourceAttributes":{"group":"","resource":"secrets","verb":"{{{{verb}}}}"}}}""")!;

        var answer = await client.SendAsync("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review);

        Assert.Equal(201, answer.Status);
        Assert.Equal(allowed, (bool)answer.Json["status"]!["allowed"]!);
    }
}
