using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using WsIngress.Echo;

namespace WsIngress.Demo;

/// <summary>The demo's folder: an Ingress for <see cref="Host"/> with TLS, the Service, one EndpointSlice per pod and the Secret.</summary>
internal static class DemoManifests
{
    public const string Host = "echo.localhost";
    public const string EndpointsFile = "endpoints.yaml";
    public const string IngressFile = "ingress.yaml";

    private const string Ingress = $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: echo
        spec:
          # Names under .localhost need no DNS. The default backend serves paths of this host that no rule has; other hosts get 404.
          defaultBackend:
            service: { name: echo, port: { name: http } }
          tls:
            - hosts: [{{Host}}]
              secretName: echo-tls
          rules:
            - host: {{Host}}
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service: { name: echo, port: { name: http } }

        """;

    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata:
          name: echo
        spec:
          selector: { app: echo }
          ports:
            - name: http
              port: 80
              targetPort: http

        """;

    /// <summary>Writes the files into <paramref name="folder"/>, which exists.</summary>
    public static void Write(string folder, ImmutableArray<DemoPod> pods, TimeProvider time)
    {
        File.WriteAllText(Path.Combine(folder, IngressFile), Ingress);
        File.WriteAllText(Path.Combine(folder, "service.yaml"), Service);
        File.WriteAllText(Path.Combine(folder, EndpointsFile), string.Join("---\n", pods.Select(EndpointSlice)));
        using var certificate = SelfSignedCertificate.Create([Host, "localhost", "127.0.0.1"], time);
        File.WriteAllText(Path.Combine(folder, "tls.yaml"), Secret(certificate));
    }

    /// <summary>One slice per pod: the ports of a slice are shared by its endpoints, and these pods have one address and different ports.</summary>
    private static string EndpointSlice(DemoPod pod) => $$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {{pod.Name}}
          labels:
            kubernetes.io/service-name: echo
        addressType: IPv4
        ports:
          - name: http
            port: {{pod.Port}}
            protocol: TCP
        endpoints:
          - addresses: ["127.0.0.1"]
            conditions: { ready: true, serving: true, terminating: false }
            targetRef: { kind: Pod, name: {{pod.Name}}, uid: {{pod.Uid}} }

        """;

    private static string Secret(X509Certificate2 certificate)
    {
        var key = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        return $"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: echo-tls
            type: kubernetes.io/tls
            data:
              tls.crt: {Base64(certificate.ExportCertificatePem())}
              tls.key: {Base64(key)}

            """;
    }

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}
