using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Models;
using WsIngress.Cli;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class DemoTests
{
    private static readonly string[] FreePorts =
        ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

    private readonly CliRun _cli = new();

    [Fact]
    public async Task The_manifests_name_two_pods_that_answer()
    {
        var answers = new List<string>();
        List<object>? objects = null;
        _cli.Run = async (options, ready, stopping) =>
        {
            objects = [.. Directory.GetFiles(options.Manifests).Order().SelectMany(f => KubernetesYaml.LoadAllFromString(File.ReadAllText(f), strict: true))];
            using var http = new HttpClient();
            foreach (var slice in objects.OfType<V1EndpointSlice>())
            {
                answers.Add(await http.GetStringAsync($"http://{slice.Endpoints[0].Addresses[0]}:{slice.Ports[0].Port}/", stopping));
            }

            ready(new BoundListeners { Http = new(IPAddress.Loopback, 8080), Https = new(IPAddress.Loopback, 8443), Admin = new(IPAddress.Loopback, 9901) });
            return 0;
        };

        Assert.Equal(0, await _cli.InvokeAsync(["demo", .. FreePorts]));
        Assert.Equal(["pod: echo-0", "pod: echo-1"], answers.Select(a => a.Split('\n')[0]));
        Assert.Equal(["echo-0", "echo-1"], objects!.OfType<V1EndpointSlice>().Select(s => s.Endpoints[0].TargetRef.Name));
        Assert.Equal(2, objects!.OfType<V1EndpointSlice>().Select(s => s.Endpoints[0].TargetRef.Uid).Distinct().Count());
        Assert.All(objects!.OfType<V1EndpointSlice>(), s => Assert.Equal("echo", s.Metadata.Labels["kubernetes.io/service-name"]));
        var ingress = objects!.OfType<V1Ingress>().Single();
        Assert.Equal("echo.localhost", ingress.Spec.Rules[0].Host);
        Assert.Equal(objects!.OfType<V1Service>().Single().Metadata.Name, ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Name);
    }

    [Fact]
    public async Task The_secret_holds_a_certificate_for_the_host_with_its_key()
    {
        _cli.Run = (options, _, _) =>
        {
            var secret = KubernetesYaml.Deserialize<V1Secret>(File.ReadAllText(Path.Combine(options.Manifests, "tls.yaml")));
            using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(secret.Data["tls.crt"]), Encoding.ASCII.GetString(secret.Data["tls.key"]));
            return Task.FromResult(certificate.HasPrivateKey && certificate.MatchesHostname("echo.localhost") ? 0 : 9);
        };

        Assert.Equal(0, await _cli.InvokeAsync(["demo", .. FreePorts]));
    }

    [Fact]
    public async Task It_says_what_to_try_and_leaves_nothing_behind()
    {
        var folder = "";
        _cli.Run = (options, ready, _) =>
        {
            folder = options.Manifests;
            Assert.True(Directory.Exists(folder));
            ready(new BoundListeners { Http = new(IPAddress.Loopback, 1234), Https = new(IPAddress.Loopback, 2345), Admin = new(IPAddress.Loopback, 9901) });
            return Task.FromResult(0);
        };

        Assert.Equal(0, await _cli.InvokeAsync(["demo", .. FreePorts]));
        Assert.False(Directory.Exists(folder));
        Assert.Contains($"manifests  {folder}", _cli.Output, StringComparison.Ordinal);
        Assert.Contains("curl http://echo.localhost:1234/", _cli.Output, StringComparison.Ordinal);
        Assert.Contains("connect wss://echo.localhost:2345/ -k --http2", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_removed_even_when_the_host_fails()
    {
        var folder = "";
        _cli.Run = (options, _, _) =>
        {
            folder = options.Manifests;
            throw new IOException("no");
        };

        await Assert.ThrowsAsync<IOException>(() => _cli.InvokeAsync(["demo", .. FreePorts]));
        Assert.NotEqual("", folder);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_the_way_out()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        Assert.Equal(1, await _cli.InvokeAsync(["demo", .. FreePorts[2..], "--http", $"127.0.0.1:{port}"]));
        Assert.Contains($"port {port} (--http) is in use by another process; choose one with --http 127.0.0.1:PORT", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_own_addresses_are_all_on_loopback() => Assert.All(
        [RunDefaults.Demo.Http, RunDefaults.Demo.Https, RunDefaults.Demo.Metrics, RunDefaults.Demo.Admin],
        text => Assert.True(ListenAddress.TryParse(text, IPAddress.IPv6Any, out var address) && IPAddress.Loopback.Equals(address.Address), text));

    [Theory]
    [InlineData(false)]
    [InlineData(true, "--access-log", "on")]
    public async Task Its_access_log_stays_off_until_asked_for(bool expected, params string[] more)
    {
        ServerOptions? seen = null;
        _cli.Run = (options, _, _) =>
        {
            seen = options.Server;
            return Task.FromResult(0);
        };

        Assert.Equal(0, await _cli.InvokeAsync(["demo", "--http", "127.0.0.1:0", "--https", "off", "--metrics", "off", "--admin", "off", .. more]));
        Assert.Equal(expected, seen!.AccessLog);
    }

    [Fact]
    public async Task It_listens_on_loopback_only_unless_told_otherwise()
    {
        ServerOptions? seen = null;
        _cli.Run = (options, _, _) =>
        {
            seen = options.Server;
            return Task.FromResult(0);
        };

        Assert.Equal(0, await _cli.InvokeAsync(["demo", "--http", "127.0.0.1:0", "--https", "off", "--metrics", "*:0", "--admin", "0"]));
        Assert.Equal("127.0.0.1:0 off *:0 127.0.0.1:0", $"{seen!.Http} {seen.Https} {seen.Metrics} {seen.Admin}");
    }
}
