using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Models;
using WsIngress.Cluster;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>Who passes for the API server, over real TLS.</summary>
public sealed class ServerTrustTests : IDisposable
{
    private readonly X509Certificate2 _authority = Authority("CN=cluster");

    [Fact]
    public async Task A_certificate_of_the_authority_for_the_dialled_address_is_trusted() =>
        Assert.Equal("1", await AskAsync(Leaf(_authority, "127.0.0.1"), _authority));

    [Fact]
    public async Task A_certificate_of_the_authority_for_another_host_is_refused()
    {
        var refused = await Assert.ThrowsAsync<ApiException>(() => AskAsync(Leaf(_authority, "10.1.2.3"), _authority));

        Assert.Equal(0, refused.Code);
        Assert.Contains("its certificate (CN=kube-apiserver) is for 10.1.2.3, not for the host that was dialled", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        using var other = Authority("CN=other");

        var refused = await Assert.ThrowsAsync<ApiException>(() => AskAsync(Leaf(other, "127.0.0.1"), _authority));

        Assert.Contains("its certificate (CN=kube-apiserver) is not vouched for by the configured authority (CN=cluster)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_authority_the_system_is_asked() =>
        Assert.Equal(0, (await Assert.ThrowsAsync<ApiException>(() => AskAsync(Leaf(_authority, "127.0.0.1"), null))).Code);

    public void Dispose() => _authority.Dispose();

    private static async Task<string> AskAsync(X509Certificate2 certificate, X509Certificate2? trusted)
    {
        await using var server = await ScriptedApiServer.StartAsync((http, _) => ScriptedApiServer.ListAsync(http, "1"), certificate);
        using var configuration = new ClusterConfiguration(new Files(server.Address, trusted), TimeProvider.System, new RecordingLogger<ClusterConfiguration>());
        using var client = new WsIngress.Cluster.ApiServer(configuration, TimeProvider.System);
        var list = await client.CallAsync<V1ServiceList>(HttpMethod.Get, "/api/v1/services", null, "application/json", TestContext.Current.CancellationToken);
        return list.Metadata.ResourceVersion;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(10));
    }

    private static X509Certificate2 Leaf(X509Certificate2 authority, string address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], false));
        using var signed = request.Create(authority, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(5), [1, 2, 3]);
        return X509CertificateLoader.LoadPkcs12(signed.CopyWithPrivateKey(key).Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Files(Uri address, X509Certificate2? trusted) : IConnectionFiles
    {
        public IReadOnlyList<string> Paths => [];

        public KubernetesClientConfiguration Load() => new()
        {
            Host = address.ToString(),
            AccessToken = "token",
            SslCaCerts = trusted is null ? null : [X509CertificateLoader.LoadCertificate(trusted.RawData)],
        };
    }
}
