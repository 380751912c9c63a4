using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>When a pod that is being deleted will be killed, as its API server says it.</summary>
public sealed class PodDeadlinesTests
{
    [Fact]
    public async Task The_deletion_timestamp_of_that_very_pod_counts()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        var deadlines = new PodDeadlines(api, NullLogger.Instance);
        server.Apply(Pod("going"));
        server.Apply(Pod("staying"));

        // A finalizer keeps it there, as the kubelet does until its containers have ended.
        await api.CallAsync<V1Pod>(HttpMethod.Delete, "/api/v1/namespaces/default/pods/going", null, "application/json", CancellationToken.None);
        var deleted = (DateTime)server.Get("pods", "default", "going")!["metadata"]!["deletionTimestamp"]!;

        Assert.Equal(new DateTimeOffset(deleted.ToUniversalTime()), await deadlines.FindAsync("default", "going", Uid(server, "going"), CancellationToken.None));
        Assert.Null(await deadlines.FindAsync("default", "going", "another", CancellationToken.None));
        Assert.Null(await deadlines.FindAsync("default", "staying", Uid(server, "staying"), CancellationToken.None));
        Assert.Null(await deadlines.FindAsync("default", "gone", "any", CancellationToken.None));
        Assert.Null(await deadlines.FindAsync("default", "../services", "any", CancellationToken.None));
    }

    [Fact]
    public async Task Without_the_right_nobody_knows_and_the_log_says_so_once()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        var log = new RecordingLogger<PodDeadlines>();
        var deadlines = new PodDeadlines(api, log);
        server.Faults.Deny("no", "pods", "get");
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await deadlines.FindAsync("default", "going", "uid", CancellationToken.None));
        }

        Assert.Contains("does not heed its grace period", Assert.Single(log.Lines).Text, StringComparison.Ordinal);
    }

    private static V1Pod Pod(string name) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = "default", Finalizers = ["example.com/containers-run"] },
        Spec = new() { Containers = [new() { Name = "c", Image = "i" }] },
    };

    private static string Uid(FakeApiServer server, string name) => (string)server.Get("pods", "default", name)!["metadata"]!["uid"]!;
}
