using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using WsIngress.Translation;

namespace WsIngress.Bench;

/// <summary>A cluster of many tenants: one Ingress with two paths, one Service and one EndpointSlice with two pods each.</summary>
internal static class LargeCluster
{
    public static ClusterSnapshot Create(int ingresses) => new()
    {
        Ingresses = [.. Enumerable.Range(0, ingresses).Select(Ingress)],
        Services = [.. Enumerable.Range(0, ingresses).Select(Service)],
        EndpointSlices = [.. Enumerable.Range(0, ingresses).Select(Slice)],
    };

    public static string Manifest(int i) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: { name: {{Name(i)}}, namespace: tenants }
        spec:
          ingressClassName: wsingress
          rules:
          - host: {{Name(i)}}.example.com
            http:
              paths:
              - {path: /, pathType: Prefix, backend: {service: {name: {{Name(i)}}, port: { number: 80 } } } }
              - {path: /socket, pathType: Prefix, backend: {service: {name: {{Name(i)}}, port: { name: http } } } }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: {{Name(i)}}, namespace: tenants }
        spec: {ports: [{name: http, port: 80, targetPort: 8080}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: {{Name(i)}}-1, namespace: tenants, labels: { kubernetes.io/service-name: {{Name(i)}} } }
        addressType: IPv4
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }]

        """;

    /// <summary>A Secret with a certificate for the host of an Ingress.</summary>
    public static V1Secret Certificate(int i)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name(i)}.example.com", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName($"{Name(i)}.example.com");
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(90));
        return new()
        {
            Metadata = Meta(i),
            Type = "kubernetes.io/tls",
            Data = new Dictionary<string, byte[]> { ["tls.crt"] = Encoding.ASCII.GetBytes(signed.ExportCertificatePem()), ["tls.key"] = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()) },
        };
    }

    public static string Name(int i) => $"tenant-{i:00000}";

    private static V1Ingress Ingress(int i) => new()
    {
        Metadata = Meta(i),
        Spec = new V1IngressSpec
        {
            IngressClassName = "wsingress",
            Rules =
            [
                new V1IngressRule
                {
                    Host = $"{Name(i)}.example.com",
                    Http = new V1HTTPIngressRuleValue { Paths = [Path(i, "/"), Path(i, "/socket")] },
                },
            ],
        },
    };

    private static V1HTTPIngressPath Path(int i, string path) => new()
    {
        Path = path,
        PathType = "Prefix",
        Backend = new V1IngressBackend { Service = new V1IngressServiceBackend { Name = Name(i), Port = new V1ServiceBackendPort { Number = 80 } } },
    };

    private static V1Service Service(int i) => new()
    {
        Metadata = Meta(i),
        Spec = new V1ServiceSpec { Ports = [new V1ServicePort { Name = "http", Port = 80, TargetPort = "8080" }] },
    };

    private static V1EndpointSlice Slice(int i) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = Name(i) + "-1",
            NamespaceProperty = "tenants",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = Name(i) },
        },
        AddressType = "IPv4",
        Ports = [new Discoveryv1EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" }],
        Endpoints = [Pod(i, 1), Pod(i, 2)],
    };

    private static V1Endpoint Pod(int i, int n) => new()
    {
        Addresses = [$"10.{i >> 8 & 255}.{i & 255}.{n}"],
        Conditions = new V1EndpointConditions { Ready = true },
        TargetRef = new V1ObjectReference { Kind = "Pod", Name = $"{Name(i)}-{n}", Uid = $"uid-{i}-{n}" },
    };

    private static V1ObjectMeta Meta(int i) => new() { Name = Name(i), NamespaceProperty = "tenants" };
}
