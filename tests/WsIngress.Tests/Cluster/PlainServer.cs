using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Cluster;

namespace WsIngress.Tests.Cluster;

/// <summary>How to reach a plain HTTP server of a test, with a token.</summary>
internal sealed class PlainServer(Uri address, string token) : IConnectionFiles
{
    public IReadOnlyList<string> Paths => [];

    public static WsIngress.Cluster.ApiServer Connect(int port, TimeProvider time) => Connect(new Uri($"http://127.0.0.1:{port}"), time);

    public static WsIngress.Cluster.ApiServer Connect(Uri address, TimeProvider time, string token = "admin") =>
        new(new ClusterConfiguration(new PlainServer(address, token), time, NullLogger.Instance), time);

    public KubernetesClientConfiguration Load() => new() { Host = address.ToString(), AccessToken = token };
}
