using System.Net;
using System.Text.Json.Nodes;
using WsIngress.ApiServer;

namespace WsIngress.E2E.Harness;

/// <summary><c>wsingress controller</c> on free loopback ports, following the test's API server.</summary>
internal sealed class ControllerProcess : IAsyncDisposable
{
    private readonly string _kubeconfig;

    private ControllerProcess(ChildProcess process, string kubeconfig, JsonNode ready)
    {
        (Process, _kubeconfig) = (process, kubeconfig);
        Http = Port(ready, "http");
        Metrics = Port(ready, "metrics");
        Admin = Port(ready, "admin");
    }

    public ChildProcess Process { get; }

    public int Http { get; }

    public int Metrics { get; }

    public int Admin { get; }

    /// <param name="server">Whom it follows, as its administrator.</param>
    /// <param name="more">Options; an access log only if they ask for one.</param>
    public static async Task<ControllerProcess> StartAsync(FakeApiServer server, params string[] more)
    {
        var kubeconfig = Path.Combine(Path.GetTempPath(), $"wsingress-e2e-{Guid.NewGuid():N}");
        server.WriteKubeconfig(kubeconfig);
        more = more.Contains("--access-log") ? more : [.. more, "--access-log", "off"];
        var process = ChildProcess.Start("wsingress controller", Binary.Path,
        [
            "controller", "--kubeconfig", kubeconfig, "--output", "json", "--log-format", "json", "--pod-namespace", "wsingress",
            "--http", "127.0.0.1:0", "--https", "off", "--metrics", "127.0.0.1:0", "--admin", "127.0.0.1:0", .. more,
        ]);
        return new ControllerProcess(process, kubeconfig, await process.EventAsync("ready"));
    }

    public Task<string> MetricsAsync() => GetAsync($"http://127.0.0.1:{Metrics}/metrics");

    /// <summary>Open sockets, by the admin API.</summary>
    public async Task<int> SocketsAsync() => JsonNode.Parse(await GetAsync($"http://127.0.0.1:{Admin}/connections"))!["connections"]!.AsArray().Count;

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    private static async Task<string> GetAsync(string url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        return await http.GetStringAsync(new Uri(url));
    }

    private static int Port(JsonNode ready, string name) => (string?)ready[name] is { } text ? IPEndPoint.Parse(text).Port : 0;
}
