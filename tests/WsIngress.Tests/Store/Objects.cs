using k8s.Models;

namespace WsIngress.Tests.Store;

/// <summary>Small objects for tests.</summary>
internal static class Objects
{
    public static V1Ingress Ingress(string name, string host = "example.com", string? version = null) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "Ingress",
        Metadata = new() { Name = name, NamespaceProperty = "default", ResourceVersion = version, Uid = version is null ? null : "uid-" + name },
        Spec = new() { Rules = [new() { Host = host }] },
    };

    public static V1Secret Secret(string name, string text) => new()
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Metadata = new() { Name = name, NamespaceProperty = "default" },
        Data = new Dictionary<string, byte[]> { ["tls.crt"] = System.Text.Encoding.UTF8.GetBytes(text) },
    };
}
