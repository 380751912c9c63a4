using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Several Ingresses of one host and one Service, from manifests to sockets: none overwrites what another says.</summary>
public sealed class SharedHostTests
{
    [Fact]
    public async Task Ingresses_of_one_host_and_one_Service_keep_their_own_paths_and_settings_in_any_order()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.StartAsync();
        V1Ingress[] ingresses = [Ingress("chat", ("websocket-max-age", "2h")), Ingress("shop", ("websocket", "off")), Ingress("admin", ("deny-cidrs", "0.0.0.0/0"))];
        foreach (var order in new[] { ingresses, [.. ingresses.Reverse()] })
        {
            Publish(proxy, pod, order);

            Assert.Equal([(101, 200), (403, 200), (403, 403)], await AskAsync(proxy, "/chat", "/shop", "/admin"));
        }

        // One that goes takes nothing with it but itself.
        Publish(proxy, pod, ingresses[0], ingresses[2]);
        Assert.Equal([(101, 200), (404, 404), (403, 403)], await AskAsync(proxy, "/chat", "/shop", "/admin"));
    }

    private static async Task<(int Socket, int Plain)[]> AskAsync(TestProxy proxy, params string[] paths)
    {
        var statuses = new List<(int, int)>();
        foreach (var path in paths)
        {
            await using var socket = await RawHandshake.OpenAsync(proxy, path: path, host: "one.example");
            using var plain = await proxy.GetAsync(path, host: "one.example");
            statuses.Add((socket.Status, (int)plain.StatusCode));
        }

        return [.. statuses];
    }

    /// <summary>The translated table, its Service at the pod: no EndpointSlice may name an address of this host.</summary>
    private static void Publish(TestProxy proxy, TestPod pod, params V1Ingress[] ingresses)
    {
        var service = new V1Service { Metadata = new() { Name = "web", NamespaceProperty = "default" }, Spec = new() { Ports = [new() { Port = 80 }] } };
        var table = Translator.Translate(
            new() { Ingresses = [.. ingresses], IngressClasses = [], Services = [service], EndpointSlices = [], Secrets = [], Namespaces = [] },
            new() { IngressClassByName = true }).Table;
        proxy.Publish(new RoutingTable(table.Hosts, [Assert.Single(table.Backends) with { Endpoints = [pod.Endpoint] }], []));
    }

    private static V1Ingress Ingress(string name, params (string Name, string Value)[] annotations) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = "default", Annotations = annotations.ToDictionary(a => "wsingress.io/" + a.Name, a => a.Value) },
        Spec = new()
        {
            IngressClassName = "wsingress",
            Rules =
            [
                new()
                {
                    Host = "one.example",
                    Http = new() { Paths = [new() { Path = "/" + name, PathType = "Prefix", Backend = new() { Service = new() { Name = "web", Port = new() { Number = 80 } } } }] },
                },
            ],
        },
    };
}
