using System.Security.Cryptography.X509Certificates;
using k8s;
using WsIngress.Cluster;

namespace WsIngress.Tests.Cluster;

/// <summary>A way to an API server that needs no file.</summary>
internal sealed class GivenFiles(Uri address, string token = "admin", string? authority = null) : IConnectionFiles
{
    public IReadOnlyList<string> Paths => [];

    public KubernetesClientConfiguration Load() => new()
    {
        Host = address.ToString(),
        AccessToken = token,
        SslCaCerts = authority is null ? null : [X509Certificate2.CreateFromPem(authority)],
    };
}
