namespace WsIngress.E2E.Harness;

/// <summary>Objects of a cluster as JSON text.</summary>
internal static class ClusterObjects
{
    public static string Class() => """{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"wsingress"},"spec":{"controller":"wsingress.io/ingress-controller"}}""";

    public static string Ingress(string name) => $$$"""
        {
          "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": "{{{name}}}", "namespace": "default" },
          "spec": {
            "ingressClassName": "wsingress",
            "rules": [{ "host": "{{{name}}}.test", "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": { "service": { "name": "{{{name}}}", "port": { "number": 80 } } } }] } }]
          }
        }
        """;

    public static string Service(string name) => $$$"""
        {
          "apiVersion": "v1", "kind": "Service", "metadata": { "name": "{{{name}}}", "namespace": "default" },
          "spec": { "selector": { "app": "{{{name}}}" }, "ports": [{ "name": "http", "port": 80, "protocol": "TCP" }] }
        }
        """;

    /// <summary>One slice for each pod: pods differ in their port here, and a slice has one.</summary>
    public static string Slice(string service, FleetPod pod, bool ready = true, bool terminating = false) => $$$"""
        {
          "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
          "metadata": { "name": "{{{service}}}-{{{pod.Name}}}", "namespace": "default", "labels": { "kubernetes.io/service-name": "{{{service}}}" } },
          "addressType": "IPv4", "ports": [{ "name": "http", "port": {{{pod.Port}}}, "protocol": "TCP" }],
          "endpoints": [{
            "addresses": ["127.0.0.1"],
            "conditions": { "ready": {{{Word(ready)}}}, "serving": true, "terminating": {{{Word(terminating)}}} },
            "targetRef": { "kind": "Pod", "namespace": "default", "name": "{{{pod.Name}}}", "uid": "{{{pod.Uid}}}" }
          }]
        }
        """;

    private static string Word(bool value) => value ? "true" : "false";
}
