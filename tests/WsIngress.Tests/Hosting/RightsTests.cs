using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using WsIngress.ApiServer;
using WsIngress.Cli;
using WsIngress.Tests.Cli;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>The whole controller with the rights and the arguments of the plain manifests, from its start to its end.</summary>
public sealed class RightsTests
{
    private const string Address = "203.0.113.10";

    [Theory]
    [InlineData("wsingress.yaml", "shop")]
    [InlineData("wsingress-namespaced.yaml", "wsingress")]
    public async Task What_a_manifest_allows_is_enough_for_all_that_its_controller_does(string file, string ns)
    {
        var manifest = DeployManifest.Read(file);
        await using var pod = await TestPod.StartAsync();
        await using var server = await FakeApiServer.StartAsync();
        server.Access.Set("pod", manifest.User, manifest.Rights);
        foreach (var ingressClass in manifest.All<V1IngressClass>())
        {
            server.Apply(ingressClass);
        }

        var service = manifest.One<V1Service>();
        service.Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = Address }] } };
        server.Apply(service);
        using var certificates = new TestCertificates();
        using var certificate = Publish(server, pod, certificates, ns);
        server.Apply(TestController.Ingress("lost", ns));
        var parsed = await new CliRun { Variables = { ["POD_NAMESPACE"] = manifest.Namespace, ["POD_NAME"] = "wsingress-0" } }.ReadControllerAsync(manifest.Arguments);

        await using (var controller = await TestController.StartAsync(server, o => Here(parsed, o), token: "pod"))
        {
            Assert.Equal(200, await controller.StatusAsync("chat.test"));
            Assert.Equal(certificate.SerialNumber, await SerialAsync(controller));
            await TestHost.UntilAsync(() => Task.FromResult(Addresses(server, ns, "chat") == Address && Addresses(server, ns, "lost") == Address));
            await TestHost.UntilAsync(() => Task.FromResult(server.List("events").Any(told => (string?)told["reason"] == "ServiceNotFound" && (string?)told["metadata"]!["namespace"] == ns)));
            Assert.Equal("wsingress-0", Holder(server, manifest));

            // Follows what changes, Secrets too.
            using var next = Publish(server, pod, certificates, ns);
            await TestHost.UntilAsync(async () => await SerialAsync(controller) == next.SerialNumber);
            Assert.Equal(0, await controller.StopAsync());
        }

        Assert.Equal("", Holder(server, manifest));
        Assert.Equal(("", ""), (Addresses(server, ns, "chat"), Addresses(server, ns, "lost")));
        Assert.All(server.Requests, request => Assert.True(request.Status is not (401 or 403), request.ToString()));
    }

    /// <summary>As in the manifest, but on this machine, quick, and clearing the status at the end.</summary>
    private static ControllerOptions Here(ControllerOptions parsed, ControllerOptions here) => parsed with
    {
        Kubeconfig = here.Kubeconfig,
        Server = here.Server with { IngressClass = parsed.Server.IngressClass },
        Lease = parsed.Lease with { RetryPeriod = TimeSpan.FromMilliseconds(100) },
        Status = parsed.Status with { ClearOnShutdown = true },
    };

    private static X509Certificate2 Publish(FakeApiServer server, TestPod pod, TestCertificates certificates, string ns)
    {
        var (binding, _) = certificates.Bind("chat.test");
        server.Apply(new V1Secret
        {
            Metadata = new() { Name = "chat-tls", NamespaceProperty = ns },
            Type = "kubernetes.io/tls",
            Data = new Dictionary<string, byte[]> { ["tls.crt"] = Utf8(binding.CertificatePem), ["tls.key"] = Utf8(binding.KeyPem) },
        });
        var ingress = TestController.Ingress("chat", ns);
        ingress.Spec.Tls = [new() { Hosts = ["chat.test"], SecretName = "chat-tls" }];
        var slice = TestController.Slice("chat", pod);
        slice.Metadata.NamespaceProperty = ns;
        server.Apply(ingress);
        server.Apply(TestController.Service("chat", ns));
        server.Apply(slice);
        return X509Certificate2.CreateFromPem(binding.CertificatePem);
    }

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static async Task<string> SerialAsync(TestController controller)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(controller.Bound.Https!);
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("chat.test");
        return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
    }

    private static string Addresses(FakeApiServer server, string ns, string ingress) =>
        string.Join(',', (server.Get<V1Ingress>("ingresses", ns, ingress)!.Status?.LoadBalancer?.Ingress ?? []).Select(entry => entry.Ip));

    private static string Holder(FakeApiServer server, DeployManifest manifest) =>
        (string?)server.Get("leases", manifest.Namespace, "wsingress-leader")?["spec"]?["holderIdentity"] ?? "none";
}
