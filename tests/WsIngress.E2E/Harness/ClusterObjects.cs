namespace WsIngress.E2E.Harness;

/// <summary>Objects of a cluster as JSON text.</summary>
internal static class ClusterObjects
{
    public static string Class() => """{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"wsingress"},"spec":{"controller":"wsingress.io/ingress-controller"}}""";

    public static string Ingress(string name) => Ingress(name, name);

    /// <summary>For host <c>NAME.test</c>; <paramref name="annotations"/> without the prefix <c>wsingress.io/</c>.</summary>
    public static string Ingress(string name, string service, params (string Key, string Value)[] annotations) => $$$"""
        {
          "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
          "metadata": { "name": "{{{name}}}", "namespace": "default", "annotations": { {{{string.Join(", ", annotations.Select(a => $"\"wsingress.io/{a.Key}\": \"{a.Value}\""))}}} } },
          "spec": {
            "ingressClassName": "wsingress",
            "rules": [{ "host": "{{{name}}}.test", "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": { "service": { "name": "{{{service}}}", "port": { "number": 80 } } } }] } }]
          }
        }
        """;

    public static string Service(string name) => $$$"""
        {
          "apiVersion": "v1", "kind": "Service", "metadata": { "name": "{{{name}}}", "namespace": "default" },
          "spec": { "selector": { "app": "{{{name}}}" }, "ports": [{ "name": "http", "port": 80, "protocol": "TCP" }] }
        }
        """;

    /// <summary>A slice for one pod alone.</summary>
    public static string Slice(string service, FleetPod pod) => Slice(service, $"{service}-{pod.Name}", pod.Port, (pod, PodPhase.Ready));

    /// <summary>A slice as the endpoints controller writes it for many pods.</summary>
    public static string Slice(string service, string name, int port, params IEnumerable<(FleetPod Pod, PodPhase Phase)> pods) => $$$"""
        {
          "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
          "metadata": { "name": "{{{name}}}", "namespace": "default", "labels": { "kubernetes.io/service-name": "{{{service}}}" } },
          "addressType": "IPv4", "ports": [{ "name": "http", "port": {{{port}}}, "protocol": "TCP" }],
          "endpoints": [{{{string.Join(", ", pods.Select(entry => Endpoint(entry.Pod, entry.Phase)))}}}]
        }
        """;

    private static string Endpoint(FleetPod pod, PodPhase phase) => $$$"""
        {
          "addresses": ["{{{pod.Address}}}"],
          "conditions": { "ready": {{{Word(phase == PodPhase.Ready)}}}, "serving": {{{Word(phase != PodPhase.Ended)}}}, "terminating": {{{Word(phase != PodPhase.Ready)}}} },
          "targetRef": { "kind": "Pod", "namespace": "default", "name": "{{{pod.Name}}}", "uid": "{{{pod.Uid}}}" }
        }
        """;

    private static string Word(bool value) => value ? "true" : "false";
}

/// <summary>The stations of a pod that an EndpointSlice shows.</summary>
internal enum PodPhase
{
    Ready,

    /// <summary>It is asked to end and still answers.</summary>
    Terminating,

    /// <summary>It answers no more and is not yet gone.</summary>
    Ended,
}
