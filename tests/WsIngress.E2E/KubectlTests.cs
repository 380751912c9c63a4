using System.Text.Json.Nodes;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>The fake API server is real enough for kubectl: a client that nobody wrote for it.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ws-kubectl-").FullName;
    private FakeApiServer _server = null!;
    private string _kubectl = "";

    private string Config => Path.Combine(_folder, "config");

    private string Manifest => Path.Combine(_folder, "web.yaml");

    public async ValueTask InitializeAsync()
    {
        _kubectl = Requirement.Program("kubectl", "kubernetes-client");
        _server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Tls = true });
        _server.WriteKubeconfig(Config);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Get_shows_tables_yaml_and_json()
    {
        await ApplyAsync("a.example.com");

        var table = await RunAsync("get", "ing", "-A");
        Assert.Matches(@"NAMESPACE +NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\ndefault +web +ws +a\.example\.com +80 +\d+s", table);
        Assert.Contains("host: a.example.com", await RunAsync("get", "ingress", "web", "-o", "yaml"), StringComparison.Ordinal);
        var json = JsonNode.Parse(await RunAsync("get", "ingresses", "-o", "json"))!;
        Assert.Equal("Ingress", (string)json["items"]![0]!["kind"]!);
        Assert.Matches(@"default +Active", await RunAsync("get", "ns"));
        Assert.Contains("No resources found", await RunAsync("get", "leases"), StringComparison.Ordinal);
        Assert.Contains("\"absent\" not found", await FailAsync("get", "ing", "absent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_creates_and_changes_on_the_client_and_on_the_server()
    {
        Assert.Contains("web created", await ApplyAsync("a.example.com"), StringComparison.Ordinal);
        Assert.Contains("web unchanged", await ApplyAsync("a.example.com"), StringComparison.Ordinal);
        Assert.Contains("web configured", await ApplyAsync("b.example.com"), StringComparison.Ordinal);
        Assert.Equal(2, (int)Stored()["metadata"]!["generation"]!);
        Assert.Contains("web serverside-applied", await ApplyAsync("c.example.com", "--server-side", "--force-conflicts"), StringComparison.Ordinal);

        Assert.Equal("c.example.com", (string)Stored()["spec"]!["rules"]![0]!["host"]!);
    }

    [Fact]
    public async Task A_watch_prints_what_changes()
    {
        await ApplyAsync("a.example.com");
        await using var watch = ChildProcess.Start("kubectl get -w", _kubectl, ["--kubeconfig", Config, "--cache-dir", _folder, "get", "ing", "-w", "-o", "json", "--output-watch-events"]);
        await _server.WaitForWatchersAsync("ingresses", timeout: TimeSpan.FromSeconds(30));

        await ApplyAsync("b.example.com");
        await RunAsync("delete", "ing", "web");
        _server.Faults.EndWatches();
        await watch.ExitAsync();

        var types = watch.Lines.Where(l => l.StartsWith('{')).Select(l => (string)JsonNode.Parse(l)!["type"]!);
        Assert.Equal(["ADDED", "MODIFIED", "DELETED"], types);
    }

    [Fact]
    public async Task Status_is_patched_through_its_own_resource()
    {
        await ApplyAsync("a.example.com");

        if ((await RunAsync("patch", "--help")).Contains("--subresource", StringComparison.Ordinal))
        {
            await RunAsync("patch", "ing", "web", "--subresource=status", "--type=merge", "-p", """{"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.9"}]}}}""");
        }
        else
        {
            // kubectl before 1.24, as Debian 12 has it.
            var json = Stored();
            json["status"] = JsonNode.Parse("""{"loadBalancer":{"ingress":[{"ip":"10.0.0.9"}]}}""");
            var file = Path.Combine(_folder, "status.json");
            await File.WriteAllTextAsync(file, json.ToJsonString());
            await RunAsync("replace", "--validate=false", "--raw", "/apis/networking.k8s.io/v1/namespaces/default/ingresses/web/status", "-f", file);
        }

        Assert.Equal("10.0.0.9", (string)Stored()["status"]!["loadBalancer"]!["ingress"]![0]!["ip"]!);
        Assert.Contains("10.0.0.9", await RunAsync("get", "ing", "web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_waits_until_the_object_is_gone()
    {
        await ApplyAsync("a.example.com");

        Assert.Contains("\"web\" deleted", await RunAsync("delete", "-f", Manifest), StringComparison.Ordinal);

        Assert.Null(_server.Get("ingresses", "default", "web"));
        Assert.Contains("\"web\" not found", await FailAsync("delete", "ing", "web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_names_its_user_and_a_missing_right_is_told()
    {
        _server.Access.SetCertificateUser("jane", AccessRule.Read("networking.k8s.io", "ingresses", "default"));
        _server.WriteKubeconfigWithCertificate(Config, "jane");

        await RunAsync("get", "ing");
        var forbidden = await FailAsync("get", "secrets");

        Assert.Contains("secrets is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"", forbidden, StringComparison.Ordinal);
    }

    private JsonObject Stored() => _server.Get("ingresses", "default", "web")!;

    private async Task<string> ApplyAsync(string host, params string[] more)
    {
        await File.WriteAllTextAsync(Manifest, $$$$$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              ingressClassName: ws
              rules: [{host: {{{{{host}}}}}, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
            """);
        return await RunAsync(["apply", "--validate=false", "-f", Manifest, .. more]);
    }

    private async Task<string> RunAsync(params string[] args)
    {
        var (code, output) = await Tool.RunAsync(_kubectl, ["--kubeconfig", Config, "--cache-dir", _folder, .. args]);
        Assert.True(code == 0, $"{output}\n{string.Join('\n', _server.Requests)}");
        return output;
    }

    private async Task<string> FailAsync(params string[] args)
    {
        var (code, output) = await Tool.RunAsync(_kubectl, ["--kubeconfig", Config, "--cache-dir", _folder, .. args]);
        Assert.True(code != 0, output);
        return output;
    }
}
