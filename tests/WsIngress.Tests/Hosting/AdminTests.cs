using System.Text.Json.Nodes;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class AdminTests
{
    [Fact]
    public async Task The_admin_API_tells_routes_connections_ingresses_problems_and_options()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var socket = await host.ConnectAsync("/room");

        var routes = JsonNode.Parse(await host.AdminAsync("/routes"))!;
        JsonArray connections = [];
        await TestHost.UntilAsync(async () => (connections = JsonNode.Parse(await host.AdminAsync("/connections"))!["connections"]!.AsArray()).Count > 0);
        var connection = connections.Single()!;
        var one = JsonNode.Parse(await host.AdminAsync($"/connections/{connection["id"]}"))!;
        var ingress = JsonNode.Parse(await host.AdminAsync("/ingresses"))!["ingresses"]!.AsArray().Single()!;
        var config = JsonNode.Parse(await host.AdminAsync("/config"))!;

        Assert.Equal(TestHost.Host, (string)routes["table"]!["hosts"]![0]!["host"]!);
        Assert.Equal(1, (int)routes["revision"]!);
        Assert.Equal(("pod-a", "/room", "chat"), ((string)connection["pod"]!, (string)connection["path"]!, (string)connection["ingress"]!));
        Assert.Equal((string)connection["id"]!, (string)one["id"]!);
        Assert.Equal(("served", 1), ((string)ingress["state"]!, (int)ingress["routes"]!));
        Assert.Equal(host.Folder, (string)config["options"]!["manifests"]!);
        Assert.Equal((string)routes["contentHash"]!, (string)config["sync"]!["contentHash"]!);
        Assert.Empty(JsonNode.Parse(await host.AdminAsync("/problems"))!["problems"]!.AsArray());
    }

    [Fact]
    public async Task A_problem_is_told_with_file_and_line()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "bad.yaml"), """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: bad
              annotations:
                wsingress.io/websocket-idle-timeout: soon
            spec:
              rules: [{ host: bad.test, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: chat, port: { number: 80 } } } }] } }]
            """);

        JsonArray problems = [];
        await TestHost.UntilAsync(async () => (problems = JsonNode.Parse(await host.AdminAsync("/problems"))!["problems"]!.AsArray()).Count > 0);

        var problem = Assert.Single(problems)!;
        Assert.Equal("InvalidAnnotation", (string)problem["reason"]!);
        Assert.EndsWith("bad.yaml:6", (string)problem["location"]!, StringComparison.Ordinal);
        Assert.Equal("soon", (string)problem["value"]!);
    }

    [Theory]
    [InlineData("/routes", "evil.example", "GET", 421)]
    [InlineData("/routes", "localhost:1234", "GET", 200)]
    [InlineData("/routes", null, "POST", 405)]
    [InlineData("/connections/none", null, "GET", 404)]
    [InlineData("/nothing", null, "GET", 404)]
    public async Task The_admin_API_answers_only_what_it_has_and_only_to_local_names(string path, string? name, string method, int status)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);

        using var answer = await host.SendAsync(host.Bound.Admin!, path, name, new HttpMethod(method));

        Assert.Equal(status, (int)answer.StatusCode);
    }
}
