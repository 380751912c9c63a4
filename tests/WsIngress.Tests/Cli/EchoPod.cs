using WsIngress.Cli;
using WsIngress.Echo;

namespace WsIngress.Tests.Cli;

/// <summary>An echo pod on a free loopback port, for one test.</summary>
internal static class EchoPod
{
    public static Task<EchoServer> StartAsync(bool tls = false, string name = "pod-a", TimeProvider? time = null) =>
        EchoServer.StartAsync(
            new EchoOptions { Listen = [ListenAddress.Loopback(0)], Name = name, Tls = tls },
            time ?? TimeProvider.System,
            CancellationToken.None);

    /// <summary>The pod's address as ws:// or wss://.</summary>
    public static string Ws(this EchoServer pod, string path = "/") =>
        $"{(pod.Addresses[0].Scheme == "https" ? "wss" : "ws")}://127.0.0.1:{pod.Addresses[0].Port}{path}";

    public static string Http(this EchoServer pod, string path = "/") =>
        $"{pod.Addresses[0].Scheme}://127.0.0.1:{pod.Addresses[0].Port}{path}";
}
