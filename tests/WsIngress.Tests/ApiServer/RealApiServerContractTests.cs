using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>
/// A real cluster keeps the contract, so that the fake is not the only one who believes it. WSINGRESS_TEST_KUBECONFIG names the kubeconfig
/// of an administrator; without it all are skipped. Writes only to namespaces wire-… of its own and deletes them.
/// </summary>
public sealed class RealApiServerContractTests : ApiServerContract
{
    private KubernetesClientConfiguration? _configuration;

    private protected override ValueTask<WireClient> ConnectAsync()
    {
        var file = Environment.GetEnvironmentVariable("WSINGRESS_TEST_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(file), "WSINGRESS_TEST_KUBECONFIG names no kubeconfig.");
        _configuration = KubernetesClientConfiguration.BuildConfigFromConfigFile(file);
        return ValueTask.FromResult(Connect(Handler(withIdentity: true), _configuration.AccessToken));
    }

    private protected override WireClient Connect(string? token) => Connect(Handler(withIdentity: false), token);

    private protected override ValueTask DisconnectAsync() => ValueTask.CompletedTask;

    private WireClient Connect(HttpMessageHandler handler, string? token) =>
        new(new HttpClient(handler) { BaseAddress = new Uri(_configuration!.Host + "/"), Timeout = TimeSpan.FromSeconds(30) }, token);

    private SocketsHttpHandler Handler(bool withIdentity)
    {
        var handler = new SocketsHttpHandler();
        if (_configuration!.SslCaCerts is { } authorities)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (withIdentity
            && Pem(_configuration.ClientCertificateData, _configuration.ClientCertificateFilePath) is { } certificate
            && Pem(_configuration.ClientCertificateKeyData, _configuration.ClientKeyFilePath) is { } key)
        {
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, key)];
        }

        return handler;
    }

    private static string? Pem(string? base64, string? file) =>
        !string.IsNullOrEmpty(base64) ? Encoding.UTF8.GetString(Convert.FromBase64String(base64))
        : !string.IsNullOrEmpty(file) ? File.ReadAllText(file)
        : null;
}
