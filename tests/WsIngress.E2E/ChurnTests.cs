using System.Text.Json.Nodes;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>The promise at size: many open sockets, many changes around them, none ends.</summary>
public sealed class ChurnTests
{
    private const int Sockets = 1_000;
    private const int Secure = 100;
    private const int Rounds = 50;
    private const string Host = "churn.test";

    [Fact]
    public async Task A_thousand_sockets_live_through_five_hundred_edits()
    {
        using var folder = new ManifestFolder();
        using var authority = new TestAuthority();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.Tls("churn-tls", authority.Issue(Host));
        folder.App("churn", Host, [pod.Pod], "churn-tls");
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");
        var plain = await OpenAsync(Sockets - Secure, () => LocalSocket.OpenAsync(ingress.Http, Host));
        var secure = await OpenAsync(Secure, () => SecureSocket.OpenAsync(ingress.Https, Host));
        var firstSerial = secure[0].Serial;
        Assert.Equal(Sockets, await OpenSocketsAsync(ingress));

        for (var round = 0; round < Rounds; round++)
        {
            var before = await RevisionAsync(ingress);
            TenEdits(folder, authority, pod.Pod, round);
            await UntilAsync(async () => await RevisionAsync(ingress) > before);
            Assert.Equal($"plain {round}", await plain[round].EchoAsync($"plain {round}"));
            Assert.Equal($"secure {round}", await secure[round].EchoAsync($"secure {round}"));
        }

        Assert.Equal(Sockets, await OpenSocketsAsync(ingress));
        Assert.All(await Task.WhenAll(plain.Select(s => s.EchoAsync("still here"))), text => Assert.Equal("still here", text));
        Assert.All(await Task.WhenAll(secure.Select(s => s.EchoAsync("still here"))), text => Assert.Equal("still here", text));
        using var renewed = await SecureSocket.OpenAsync(ingress.Https, Host);
        Assert.NotEqual(firstSerial, renewed.Serial);
        Assert.DoesNotContain("websocket_closed_total{", await MetricsAsync(ingress), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equal_content_publishes_no_table()
    {
        using var folder = new ManifestFolder();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.App("churn", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path);
        var revision = await RevisionAsync(ingress);

        for (var i = 0; i < 20; i++)
        {
            folder.App("churn", Host, [pod.Pod]);
        }

        folder.Write("list.yaml", "apiVersion: v1\nkind: List\nitems: []\n");
        folder.App("marker", "marker.test", [pod.Pod]);
        await LocalSocket.UntilServedAsync(ingress.Http, "marker.test");

        Assert.Equal(revision + 1, await RevisionAsync(ingress));
    }

    /// <summary>Other hosts, another path of the same host, annotations of the route itself, the certificate, a pod that comes and goes.</summary>
    private static void TenEdits(ManifestFolder folder, TestAuthority authority, Pod pod, int round)
    {
        for (var i = 0; i < 5; i++)
        {
            folder.App($"other-{i}", $"other-{i}-{round % 7}.test", [pod], annotations: ("request-timeout", $"{round + 1}s"));
        }

        folder.Write("same-host.yaml", SameHost(round));
        folder.Tls("churn-tls", authority.Issue(Host));
        var more = pod with { Name = "pod-b", Ready = round % 3 != 0, Terminating = round % 3 == 2 };
        folder.App("churn", Host, round % 2 == 0 ? [pod, more] : [pod], "churn-tls", ("websocket-idle-timeout", $"{round + 10}m"), ("load-balancing", round % 2 == 0 ? "least-connections" : "round-robin"));
        folder.Write("broken.yaml", $"kind: Ingress\nmetadata: [broken {round}\n");
        if (round % 5 == 4)
        {
            folder.Remove("other-0.yaml");
        }
        else
        {
            folder.App($"more-{round}", $"more-{round}.test", [pod]);
        }
    }

    private static string SameHost(int round) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: { name: same-host, annotations: { wsingress.io/max-body-size: "{{round + 1}}Mi" } }
        spec:
          rules:
            - host: {{Host}}
              http:
                paths:
                  - { path: /other-{{round % 4}}, pathType: Prefix, backend: { service: { name: churn, port: { number: 80 } } } }

        """;

    private static async Task<T[]> OpenAsync<T>(int count, Func<Task<T>> open)
    {
        var opened = new List<T>(count);
        foreach (var batch in Enumerable.Range(0, count).Chunk(50))
        {
            opened.AddRange(await Task.WhenAll(batch.Select(_ => open())));
        }

        return [.. opened];
    }

    private static async Task<long> RevisionAsync(IngressProcess ingress) =>
        (long)JsonNode.Parse(await GetAsync($"http://127.0.0.1:{ingress.Admin}/config"))!["sync"]!["revision"]!;

    private static async Task<int> OpenSocketsAsync(IngressProcess ingress) =>
        JsonNode.Parse(await GetAsync($"http://127.0.0.1:{ingress.Admin}/connections"))!["connections"]!.AsArray().Count;

    private static Task<string> MetricsAsync(IngressProcess ingress) => GetAsync($"http://127.0.0.1:{ingress.Metrics}/metrics");

    private static async Task<string> GetAsync(string url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        return await http.GetStringAsync(new Uri(url));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
