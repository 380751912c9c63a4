using System.Text.Json.Nodes;
using WsIngress.Hosting;
using WsIngress.Tests.Cli;
using WsIngress.Tests.Proxy;
using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary><c>wsingress routes --effective</c>: what is in force and where it comes from, of a running process and of a folder.</summary>
public sealed class EffectiveRoutesTests
{
    private const string Other = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: other
          annotations: { wsingress.io/websocket-idle-timeout: 90s, wsingress.io/drain-window: 7s, wsingress.io/websocket-max-age: never }
        spec: { rules: [{ host: other.test, http: { paths: [{ path: /room, pathType: Exact, backend: { service: { name: other, port: { number: 80 } } } }] } }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: other, annotations: { wsingress.io/drain-window: 9s } }
        spec: { ports: [{ port: 80 }] }
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_limit_is_told_with_its_value_and_where_it_comes_from(bool isRunning)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "other.yaml"), Other);
        await TestHost.UntilAsync(async () => (await host.AdminAsync("/routes")).Contains("other.test", StringComparison.Ordinal));
        string[] from = isRunning ? ["--admin", $"{host.Bound.Admin}"] : ["--manifests", host.Folder];

        var (code, json, _) = await RunAsync(["-o", "json", .. from]);
        var routes = JsonNode.Parse(json)!["routes"]!.AsArray();

        Assert.Equal(0, code);
        Assert.Equal(2, routes.Count);
        Assert.All(routes, route => Assert.Equal(AnnotationCatalogue.All.Select(a => a.Name), route!["settings"]!.AsArray().Select(s => (string)s!["name"]!)));
        Assert.All(
            new[]
            {
                ("websocket-idle-timeout", "90s", "ingress-annotation", "Ingress default/other"), ("drain-window", "9s", "service-annotation", "Service default/other"),
                ("websocket-max-age", "0", "built-in-default", null), ("max-body-size", "64Mi", "built-in-default", null), ("connect-timeout", "5s", "built-in-default", null),
            },
            expected => Assert.Equal(
                expected with { Item2 = expected.Item2 == "90s" ? "1m30s" : expected.Item2 },
                Setting(routes[1]!, expected.Item1) is var found ? (expected.Item1, (string)found["value"]!, (string)found["source"]!, (string?)found["object"]) : default));
        Assert.Equal("never", (string)Setting(routes[1]!, "websocket-max-age")["refused"]![0]!["value"]!);
        Assert.Equal("1h", (string)Setting(routes[0]!, "websocket-idle-timeout")["value"]!);

        var text = (await RunAsync(["--host", "Other.test", .. from])).Text;
        Assert.StartsWith("other.test /room (exact) of Ingress default/other, to default/other:80\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("chat.test", text, StringComparison.Ordinal);
        Assert.Matches("websocket-idle-timeout +1m30s +wsingress.io/websocket-idle-timeout of Ingress default/other\n", text);
        Assert.Matches("websocket-max-age +0 +built-in default; 'never' of Ingress default/other cannot be used\n", text);
        Assert.Matches("request-timeout +1m +built-in default\n", text);
        Assert.DoesNotContain("affinity-cookie-path", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ingress chat", 1)]
    [InlineData("--ingress default/chat", 1)]
    [InlineData("--ingress other/chat", 0)]
    [InlineData("--namespace default", 1)]
    [InlineData("--namespace other", 0)]
    [InlineData("--host chat.test", 1)]
    [InlineData("--host chat", 0)]
    public async Task Routes_are_chosen_by_host_and_Ingress(string filter, int count)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);

        var (code, json, _) = await RunAsync(["-o", "json", "--admin", $"{host.Bound.Admin}", .. filter.Split(' ')]);

        Assert.Equal((0, count), (code, JsonNode.Parse(json)!["routes"]!.AsArray().Count));
        Assert.Equal(count == 0, (await RunAsync(["--admin", $"{host.Bound.Admin}", .. filter.Split(' ')])).Text == "no such route\n");
    }

    [Fact]
    public async Task A_filter_alone_is_refused()
    {
        var run = new CliRun { Routes = RouteListing.RunAsync };

        Assert.Equal(2, await run.InvokeAsync("routes", "--host", "chat.test"));
        Assert.Contains("--host: allowed with --effective alone", run.Notes, StringComparison.Ordinal);
    }

    private static JsonNode Setting(JsonNode route, string name) => route["settings"]!.AsArray().Single(s => (string)s!["name"]! == "wsingress.io/" + name)!;

    private static async Task<(int Code, string Text, string Notes)> RunAsync(string[] arguments)
    {
        var run = new CliRun { Routes = RouteListing.RunAsync };
        var code = await run.InvokeAsync(["routes", "--effective", .. arguments]);
        return (code, run.Output, run.Notes);
    }
}
