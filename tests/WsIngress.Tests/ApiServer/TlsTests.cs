using System.Net;
using System.Security.Cryptography.X509Certificates;
using k8s;
using WsIngress.ApiServer;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>The fake over TLS: HTTP/1.1 and HTTP/2, its own authority, client certificates.</summary>
public sealed class TlsTests
{
    private const string Ingresses = "/apis/networking.k8s.io/v1/ingresses";

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_versions_of_http_stream_a_watch_and_break_it(string version)
    {
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Tls = true });
        using var client = Connect(server, server.Authority.Pem, null, Version.Parse(version), "admin");
        using var watch = await client.WatchAsync($"{Ingresses}?watch=true");
        server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        Assert.Equal("ADDED web", (await watch.NextAsync()).ToString());

        server.Faults.CutWatches();

        await Assert.ThrowsAnyAsync<IOException>(watch.RestAsync);
        Assert.Equal(["web"], (await client.GetAsync(Ingresses)).Names);
    }

    [Fact]
    public async Task A_client_certificate_names_the_user_and_one_of_another_authority_is_401()
    {
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Tls = true });
        await using var other = await FakeApiServer.StartAsync(new FakeApiServerOptions { Tls = true });
        server.Access.SetCertificateUser("jane", AccessRule.Read("networking.k8s.io", "ingresses"));
        using var jane = Connect(server, server.Authority.Pem, server.Authority.IssueClient("jane"));
        using var joe = Connect(server, server.Authority.Pem, server.Authority.IssueClient("joe"));
        using var foreign = Connect(server, server.Authority.Pem, other.Authority.IssueClient("jane"));
        using var nobody = Connect(server, server.Authority.Pem, null);

        Assert.Equal(200, (await jane.GetAsync(Ingresses)).Status);
        Assert.Contains("User \"joe\" cannot list", (await joe.GetAsync(Ingresses)).Message, StringComparison.Ordinal);
        Assert.Equal(401, (await foreign.GetAsync(Ingresses)).Status);
        Assert.Contains("User \"system:anonymous\"", (await nobody.GetAsync(Ingresses)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_library_trusts_the_kubeconfig_and_a_client_of_another_authority_does_not()
    {
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Tls = true });
        await using var other = await FakeApiServer.StartAsync(new FakeApiServerOptions { Tls = true });
        server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        using var library = FakeApiServerTests.Client(server);
        using var stranger = Connect(server, other.Authority.Pem, null, token: "admin");

        Assert.Single((await library.NetworkingV1.ListIngressForAllNamespacesAsync()).Items);
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync(Ingresses));
    }

    private static WireClient Connect(FakeApiServer server, string authority, (string Certificate, string Key)? client, Version? version = null, string? token = null)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(authority));
        if (client is { } identity)
        {
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(identity.Certificate, identity.Key)];
        }

        var http = new HttpClient(handler) { BaseAddress = server.Address, DefaultRequestVersion = version ?? HttpVersion.Version11, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return new WireClient(http, token);
    }
}
