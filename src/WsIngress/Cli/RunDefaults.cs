namespace WsIngress.Cli;

/// <summary>The defaults in which <c>run</c> and <c>demo</c> differ.</summary>
internal sealed record RunDefaults(string Http, string Https, string Metrics, string Admin, string DrainWindow, string DrainDeadline, string AccessLog)
{
    /// <summary>A server: all interfaces, and a shutdown that fits the 30 s Kubernetes gives a pod by default.</summary>
    public static RunDefaults Server { get; } = new("8080", "8443", "9090", "127.0.0.1:9901", "10s", "25s", "on");

    /// <summary>One person at one machine: loopback only, Ctrl-C is quick, and no access log between the lines to read.</summary>
    public static RunDefaults Demo { get; } = new("127.0.0.1:8080", "127.0.0.1:8443", "127.0.0.1:9090", "127.0.0.1:9901", "500ms", "5s", "off");
}
