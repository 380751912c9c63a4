using k8s.Models;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>Backend port → Service port → EndpointSlice port. The slice's port is found by the Service port's name alone, as kube-proxy does.</summary>
public sealed class PortMatchingTests
{
    [Theory]
    // backend, Service ports, slice ports, dialled port (0: found but no endpoint, -1: no such port)
    [InlineData("80", "80", "8080", 8080)]
    [InlineData("80", "80", "http:8080", 0)]
    [InlineData("80", "http:80", "8080", 0)]
    [InlineData("80", "http:80", "http:8080", 8080)]
    [InlineData("http", "http:80", "http:8080", 8080)]
    [InlineData("http", "http:80", "web:8080", 0)]
    [InlineData("81", "80", "8080", -1)]
    [InlineData("8080", "80", "8080", -1)]
    [InlineData("web", "http:80", "web:8080", -1)]
    [InlineData("HTTP", "http:80", "http:8080", -1)]
    [InlineData("http", "80", "http:8080", -1)]
    [InlineData("80", "a:80 b:81", "b:9002 a:9001", 9001)]
    [InlineData("b", "a:80 b:81", "b:9002 a:9001", 9002)]
    [InlineData("80", "dns:80/UDP http:80/TCP", "dns:53/UDP http:8080/TCP", 8080)]
    [InlineData("80", "dns:80/UDP", "dns:53/UDP", -1)]
    [InlineData("80", "http:80/SCTP", "http:8080/SCTP", -1)]
    [InlineData("http", "http:80", "http:8080/UDP", 0)]
    [InlineData("http", "http:80", "http:8081/UDP http:8080/TCP", 8080)]
    [InlineData("80", "80", "", 0)]
    [InlineData("80", "", "8080", -1)]
    public void A_backend_port_finds_the_pods_port(string backend, string servicePorts, string slicePorts, int expected)
    {
        var result = Translate(backend, servicePorts, slicePorts);
        var route = Assert.Single(result.Table.Hosts[0].Routes);
        if (expected < 0)
        {
            Assert.Empty(route.Backends);
            Assert.Equal(ProblemReason.PortNotFound, Assert.Single(result.Problems).Reason);
            return;
        }

        var found = result.Table.Backends.Single(b => b.Key == Assert.Single(route.Backends).BackendKey);
        Assert.Equal(expected == 0 ? [] : [expected], found.Endpoints.Select(e => e.Port));
        Assert.Equal(expected == 0 ? [ProblemReason.NoReadyEndpoints] : [], result.Problems.Select(p => p.Reason));
    }

    [Theory]
    [InlineData(null, null, null, true, true, false, true)]
    [InlineData(true, null, null, true, true, false, true)]
    [InlineData(false, null, null, false, false, false, false)]
    [InlineData(false, true, true, false, true, true, false)]
    [InlineData(true, true, true, true, true, true, false)]
    [InlineData(null, false, null, true, false, false, true)]
    [InlineData(null, null, true, true, true, true, false)]
    public void Missing_conditions_mean_ready_and_serving_follows_ready(bool? ready, bool? serving, bool? terminating, bool isReady, bool isServing, bool isTerminating, bool eligible)
    {
        var result = Translate("80", "80", "8080", new V1EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating });
        var endpoint = Assert.Single(Assert.Single(result.Table.Backends).Endpoints);
        Assert.Equal((isReady, isServing, isTerminating, eligible), (endpoint.Ready, endpoint.Serving, endpoint.Terminating, endpoint.Eligible));
        Assert.Equal(eligible, result.Problems.IsEmpty);
    }

    private static TranslationResult Translate(string backend, string servicePorts, string slicePorts, V1EndpointConditions? conditions = null)
    {
        var port = int.TryParse(backend, out var number) ? new V1ServiceBackendPort { Number = number } : new() { Name = backend };
        return Translator.Translate(
            new()
            {
                Ingresses = [new() { Metadata = Meta("web"), Spec = new() { Rules = [new() { Host = "a.example.com", Http = new() { Paths = [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = "echo", Port = port } } }] } }] } }],
                Services = [new() { Metadata = Meta("echo"), Spec = new() { Ports = [.. Ports(servicePorts).Select(p => new V1ServicePort { Name = p.Name, Port = p.Port, Protocol = p.Protocol })] } }],
                EndpointSlices =
                [
                    new()
                    {
                        Metadata = Meta("echo-1"),
                        AddressType = "IPv4",
                        Ports = [.. Ports(slicePorts).Select(p => new Discoveryv1EndpointPort { Name = p.Name, Port = p.Port, Protocol = p.Protocol })],
                        Endpoints = [new() { Addresses = ["10.0.0.1"], Conditions = conditions }],
                    },
                ],
            },
            TranslationOptions.Default with { WatchIngressWithoutClass = true });
    }

    private static V1ObjectMeta Meta(string name) => new()
    {
        Name = name,
        NamespaceProperty = "default",
        Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "echo" },
    };

    // [name:]port[/protocol], a nameless port once as null and once as empty
    private static IEnumerable<(string? Name, int Port, string? Protocol)> Ports(string text) =>
        from part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let slash = part.Split('/')
        let colon = slash[0].Split(':')
        select (colon.Length == 2 ? colon[0] : part.Length % 2 == 0 ? "" : null, int.Parse(colon[^1]), slash.Length == 2 ? slash[1] : null);
}
