using System.Net.WebSockets;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>What happens to open sockets while manifests and processes come and go. Each test has an ingress of its own.</summary>
public sealed class LifecycleTests
{
    private const string Host = "life.test";

    [Fact]
    public async Task A_shutdown_tells_every_client_and_exits_with_0()
    {
        const int Sockets = 50;
        using var folder = new ManifestFolder();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.App("life", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--drain-window", "500ms", "--drain-deadline", "10s");
        var clients = await Task.WhenAll(Enumerable.Range(0, Sockets).Select(_ => LocalSocket.OpenAsync(ingress.Http, Host)));

        var endings = Task.WhenAll(clients.Select(c => c.EndAsync()));
        Assert.Equal(0, await ingress.Process.StopAsync());
        Assert.All(await endings, end => Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, end));
    }

    [Fact]
    public async Task Edits_elsewhere_do_not_touch_an_open_socket()
    {
        using var folder = new ManifestFolder();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.App("life", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path);
        await using var client = await LocalSocket.OpenAsync(ingress.Http, Host);

        for (var i = 0; i < 10; i++)
        {
            folder.App("other", $"other-{i}.test", [pod.Pod], annotations: ("request-timeout", $"{i + 1}s"));
            await LocalSocket.UntilServedAsync(ingress.Http, $"other-{i}.test");
            Assert.Equal($"edit {i}", await client.EchoAsync($"edit {i}"));
        }
    }

    [Fact]
    public async Task A_pod_that_leaves_its_Service_gets_no_new_socket_and_its_open_ones_end_with_the_pod_itself()
    {
        using var folder = new ManifestFolder();
        await using var first = await EchoPodProcess.StartAsync("pod-a");
        await using var second = await EchoPodProcess.StartAsync("pod-b");
        folder.App("life", Host, [first.Pod, second.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path);
        await using var onFirst = await LocalSocket.OpenAsync(ingress.Http, Host, pod: "pod-a");
        await using var onSecond = await LocalSocket.OpenAsync(ingress.Http, Host, pod: "pod-b");

        folder.App("life", Host, [second.Pod]);
        folder.App("marker", "marker.test", [second.Pod]);
        await LocalSocket.UntilServedAsync(ingress.Http, "marker.test");

        for (var i = 0; i < 20; i++)
        {
            await using var another = await LocalSocket.OpenAsync(ingress.Http, Host);
            Assert.Equal("pod-b", another.Pod);
        }

        Assert.Equal("old", await onFirst.EchoAsync("old"));
        await first.DisposeAsync();
        Assert.Equal(WebSocketCloseStatus.InternalServerError, await onFirst.EndAsync());
        Assert.Equal("still here", await onSecond.EchoAsync("still here"));
    }

    [Fact]
    public async Task A_manifest_that_breaks_keeps_its_last_good_form()
    {
        using var folder = new ManifestFolder();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.App("life", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path);
        await using var client = await LocalSocket.OpenAsync(ingress.Http, Host);

        folder.Write("life.yaml", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{{ broken\n");
        folder.App("marker", "marker.test", [pod.Pod]);
        await LocalSocket.UntilServedAsync(ingress.Http, "marker.test");

        Assert.Equal("old", await client.EchoAsync("old"));
        await using var another = await LocalSocket.OpenAsync(ingress.Http, Host);
        Assert.Equal("new", await another.EchoAsync("new"));
    }
}
