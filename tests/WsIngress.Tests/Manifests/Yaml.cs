namespace WsIngress.Tests.Manifests;

/// <summary>Small manifests for tests.</summary>
internal static class Yaml
{
    public static string Ingress(string name, string host = "example.com", string service = "web") =>
        $"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: {name}
        spec:
          ingressClassName: wsingress
          rules:
          - host: {host}
            http:
              paths:
              - path: /
                pathType: Prefix
                backend:
                  service:
                    name: {service}
                    port:
                      number: 80

        """;

    public static string Service(string name) =>
        $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
        spec:
          ports:
          - port: 80
            targetPort: 8080

        """;

    public static string Secret(string name, string key, string text) =>
        $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {name}
        stringData:
          {key}: {text}

        """;
}
