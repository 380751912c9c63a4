using System.Text.Json.Nodes;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>A real Prometheus reads the process, and its own linter finds nothing to say about the names.</summary>
public sealed class PrometheusTests
{
    [Fact]
    public async Task Prometheus_scrapes_the_controller_and_promtool_finds_nothing()
    {
        var prometheus = Requirement.Program("prometheus", "prometheus");
        var promtool = Requirement.Program("promtool", "prometheus");
        await using var fleet = new PodFleet();
        await using var server = await FakeApiServer.StartAsync(new() { Namespaces = ["default", "wsingress"] });
        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Ingress("chat"));
        server.Apply(ClusterObjects.Service("chat"));
        server.Apply(ClusterObjects.Slice("chat", await fleet.AddAsync("pod")));
        await using var controller = await ControllerProcess.StartAsync(server);
        await using var socket = await LocalSocket.OpenAsync(controller.Http, "chat.test");
        var folder = Directory.CreateTempSubdirectory("wsingress-prometheus-").FullName;
        try
        {
            var page = Path.Combine(folder, "metrics.txt");
            await File.WriteAllTextAsync(page, await controller.MetricsAsync());
            var (code, output) = await Tool.RunAsync("/bin/sh", "-c", $"'{promtool}' check metrics < '{page}'");
            Assert.Equal((0, ""), (code, output));

            using var held = HeldPort.Take();
            var port = held.Number;
            await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), $"scrape_configs: [{{ job_name: wsingress, scrape_interval: 1s, static_configs: [{{ targets: ['127.0.0.1:{controller.Metrics}'] }}] }}]\n");
            await using var process = ChildProcess.Start("prometheus", prometheus,
                ["--config.file", Path.Combine(folder, "prometheus.yml"), "--storage.tsdb.path", Path.Combine(folder, "data"), "--web.listen-address", $"127.0.0.1:{port}"]);

            Assert.Equal("1", await QueryAsync(port, "sum(wsingress_websocket_connections)"));
            Assert.Equal("1", await QueryAsync(port, "up"));
            Assert.Equal("1", await QueryAsync(port, "wsingress_leader == 1"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The value of the one sample that the query gives, as soon as there is one.</summary>
    private static async Task<string?> QueryAsync(int port, string query)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                var answer = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query?query={Uri.EscapeDataString(query)}"), limit.Token));
                if (answer!["data"]!["result"] is JsonArray { Count: > 0 } result)
                {
                    return (string?)result[0]!["value"]![1];
                }
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
    }
}
