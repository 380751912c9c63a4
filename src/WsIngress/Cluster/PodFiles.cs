using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;

namespace WsIngress.Cluster;

/// <summary>What Kubernetes gives to every pod: address in the environment; authority, token and namespace as files that it renews.</summary>
internal sealed class PodFiles(string folder, Func<string, string?> environment) : IConnectionFiles
{
    public const string Folder = "/var/run/secrets/kubernetes.io/serviceaccount";

    private string Authority => Path.Combine(folder, "ca.crt");

    private string Token => Path.Combine(folder, "token");

    /// <summary>This process runs in a pod with a service account.</summary>
    public bool Exist => !string.IsNullOrEmpty(environment("KUBERNETES_SERVICE_HOST")) && File.Exists(Token);

    /// <summary>Not the token: it is read for each request.</summary>
    public IReadOnlyList<string> Paths => [Authority];

    public KubernetesClientConfiguration Load()
    {
        var (host, port) = (environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"));
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Authority);
            if (authorities.Count == 0)
            {
                throw new IOException($"{Authority} holds no certificate");
            }

            var ns = Path.Combine(folder, "namespace");
            return new()
            {
                Host = $"https://{(IPAddress.TryParse(host, out var address) && address.GetAddressBytes().Length == 16 ? $"[{address}]" : host)}:{(string.IsNullOrEmpty(port) ? "443" : port)}",
                SslCaCerts = authorities,
                TokenProvider = new FileToken(Token),
                Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : null,
            };
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new IOException($"The service account in {folder} cannot be used: {broken.Message}", broken);
        }
    }
}
