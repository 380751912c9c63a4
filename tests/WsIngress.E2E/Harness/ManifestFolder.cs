using System.Text;

namespace WsIngress.E2E.Harness;

/// <summary>One pod behind a Service of the tests, at 127.0.0.1.</summary>
internal sealed record Pod(string Name, int Port, bool Ready = true, bool Terminating = false);

/// <summary>
/// A folder of manifests of one test. Every write goes to a hidden file that is then renamed, as careful editors do, so that no half
/// file is ever read.
/// </summary>
internal sealed class ManifestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("wsingress-e2e-").FullName;

    /// <summary>Ingress, Service and one EndpointSlice per pod, all named <paramref name="name"/>, in one file; <paramref name="annotations"/> of the Ingress without the prefix <c>wsingress.io/</c>.</summary>
    public void App(string name, string host, IEnumerable<Pod> pods, string? tlsSecret = null, params (string Key, string Value)[] annotations)
    {
        var text = new StringBuilder();
        text.Append(Ingress(name, host, tlsSecret, annotations));
        text.Append("---\n").Append(Service(name));
        foreach (var pod in pods)
        {
            text.Append("---\n").Append(EndpointSlice(name, pod));
        }

        Write(name + ".yaml", text.ToString());
    }

    /// <summary>A Secret of type kubernetes.io/tls.</summary>
    public void Tls(string name, (string Certificate, string Key) pair) => Write($"tls-{name}.yaml", $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {name}
        type: kubernetes.io/tls
        data:
          tls.crt: {Base64(pair.Certificate)}
          tls.key: {Base64(pair.Key)}

        """);

    public void Write(string file, string text)
    {
        var hidden = System.IO.Path.Combine(Path, "." + file + ".tmp");
        File.WriteAllText(hidden, text);
        File.Move(hidden, System.IO.Path.Combine(Path, file), overwrite: true);
    }

    public void Remove(string file) => File.Delete(System.IO.Path.Combine(Path, file));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string Ingress(string name, string host, string? tlsSecret, (string Key, string Value)[] annotations)
    {
        var notes = annotations.Length == 0 ? "" : "  annotations:\n" + string.Concat(annotations.Select(a => $"    wsingress.io/{a.Key}: \"{a.Value}\"\n"));
        var tls = tlsSecret is null ? "" : $"  tls:\n    - hosts: [{host}]\n      secretName: {tlsSecret}\n";
        return $$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: {{name}}
            {{notes}}spec:
            {{tls}}  rules:
                - host: {{host}}
                  http:
                    paths:
                      - path: /
                        pathType: Prefix
                        backend: { service: { name: {{name}}, port: { name: http } } }

            """;
    }

    private static string Service(string name) => $$"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {{name}}
        spec:
          selector: { app: {{name}} }
          ports:
            - { name: http, port: 80, targetPort: http }

        """;

    private static string EndpointSlice(string service, Pod pod) => $$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {{service}}-{{pod.Name}}
          labels: { kubernetes.io/service-name: {{service}} }
        addressType: IPv4
        ports:
          - { name: http, port: {{pod.Port}}, protocol: TCP }
        endpoints:
          - addresses: ["127.0.0.1"]
            conditions: { ready: {{Word(pod.Ready)}}, serving: {{Word(pod.Ready)}}, terminating: {{Word(pod.Terminating)}} }
            targetRef: { kind: Pod, name: {{pod.Name}}, uid: uid-{{pod.Name}}-{{pod.Port}} }

        """;

    private static string Word(bool value) => value ? "true" : "false";

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}
