using k8s.Models;
using WsIngress.ApiServer;

namespace WsIngress.Tests.Cluster;

/// <summary>Random writes to a small cluster, in which names meet again and again.</summary>
internal sealed class RandomCluster(FakeApiServer server, Random random)
{
    private static readonly string[] Spaces = ["a", "b", "c"];
    private static readonly string[] Names = ["one", "two", "three", "four"];

    public void Write()
    {
        var (ns, name) = (Pick(Spaces), Pick(Names));
        switch (random.Next(12))
        {
            case 0 or 1 or 2:
                server.Apply(Ingress(ns, name));
                break;
            case 3:
                server.Delete("ingresses", ns, name);
                break;
            case 4:
                server.Apply(Service(ns, name));
                break;
            case 5:
                server.Delete(Pick(["services", "endpointslices", "secrets"]), ns, name);
                break;
            case 6 or 7:
                server.Apply(Slice(ns, name));
                break;
            case 8 or 9:
                // The type of a Secret cannot change.
                server.Delete("secrets", ns, random.Next(4) == 0 ? name : "none");
                Try(() => server.Apply(Secret(ns, name)));
                break;
            case 10 when random.Next(3) == 0:
                server.Delete("ingressclasses", null, "wsingress");
                break;
            case 10:
                server.Apply(new V1IngressClass { Metadata = new() { Name = "wsingress" }, Spec = new() { Controller = "wsingress.io/ingress-controller" } });
                break;
            default:
                server.Apply(new V1Namespace { Metadata = new() { Name = ns, Labels = new Dictionary<string, string> { ["team"] = Pick(["red", "blue"]) } } });
                break;
        }
    }

    private V1Ingress Ingress(string ns, string name) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = ns, Annotations = Authority(3) },
        Spec = new()
        {
            IngressClassName = Pick(["wsingress", "wsingress", "wsingress", "other"]),
            Tls = random.Next(2) == 0 ? null : [new() { SecretName = Pick(Names), Hosts = [$"{name}.test"] }],
            DefaultBackend = new() { Service = new() { Name = Pick(Names), Port = new() { Number = random.Next(1, 100) } } },
        },
    };

    private V1Service Service(string ns, string name) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = ns, Annotations = Authority(2) },
        Spec = new() { Ports = [new() { Port = random.Next(1, 100) }], Selector = new Dictionary<string, string> { ["app"] = name } },
    };

    private V1EndpointSlice Slice(string ns, string name) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = ns, Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = Pick(Names), ["other"] = "x" } },
        AddressType = "IPv4",
        Ports = [new() { Name = "http", Port = random.Next(1, 100), Protocol = "TCP" }],
        Endpoints = [.. Enumerable.Range(1, random.Next(3)).Select(i => new V1Endpoint { Addresses = [$"10.0.0.{i}"], Conditions = new() { Ready = random.Next(2) == 0 } })],
    };

    private V1Secret Secret(string ns, string name)
    {
        var present = server.Get("secrets", ns, name);
        return new()
        {
            Metadata = new() { Name = name, NamespaceProperty = ns },
            Type = (string?)present?["type"] ?? Pick(["Opaque", "Opaque", "helm.sh/release.v1"]),
            Data = new Dictionary<string, byte[]> { ["ca.crt"] = [(byte)random.Next(256), (byte)random.Next(256)], ["other"] = [1] },
        };
    }

    private Dictionary<string, string>? Authority(int oneIn) =>
        random.Next(oneIn) > 0 ? null : new() { ["wsingress.io/backend-tls-ca-secret"] = Pick(Names), ["else"] = "x" };

    private static void Try(Action write) => write();

    private T Pick<T>(T[] from) => from[random.Next(from.Length)];
}
