using System.Diagnostics;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>Several replicas of the binary on one API server: all serve, one writes.</summary>
public sealed class ReplicaTests
{
    private const string Address = "203.0.113.7";
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>For the requests themselves on a machine with other work; the law without it is proved on a clock of its own in LeaderElectionTests.</summary>
    private static readonly TimeSpan Requests = TimeSpan.FromSeconds(1);

    private static readonly string[] Flags =
    [
        "--publish-status-address", Address, "--lease-duration", "3s", "--lease-renew-deadline", "2s", "--lease-retry-period", "500ms",
    ];

    [Fact]
    public async Task One_writes_the_status_and_when_it_is_killed_the_other_does_within_the_lease_duration()
    {
        await using var server = await FakeApiServer.StartAsync(new() { Namespaces = ["default", "wsingress"] });
        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Ingress("chat"));
        await using var first = await StartAsync(server, "replica-1");
        await UntilAsync(() => AddressOf(server, "chat") == Address);
        await using var second = await StartAsync(server, "replica-2");
        Assert.Equal(1, await LeadsAsync(first));
        Assert.Equal(0, await LeadsAsync(second));

        server.Apply(ClusterObjects.Ingress("api"));
        await UntilAsync(() => AddressOf(server, "api") == Address);
        Assert.Equal(2, StatusWrites(server));

        // Longer than every period of the election.
        await Task.Delay(Duration, TimeProvider.System);
        Assert.Equal(2, StatusWrites(server));

        await first.DisposeAsync();
        var renewed = TimeOf(server, "renewTime");
        server.Apply(ClusterObjects.Ingress("late"));
        await UntilAsync(() => AddressOf(server, "late") == Address);

        // Who stands by looks once in a retry period, and counts the duration from when it saw the last renewal: up to a retry period after it was made.
        Assert.InRange(TimeOf(server, "acquireTime") - renewed, Duration, Duration + Retry + Requests);
        Assert.Equal("replica-2", HolderOf(server));
        Assert.Equal(3, StatusWrites(server));
        Assert.Equal(1, await LeadsAsync(second));
    }

    [Fact]
    public async Task A_leader_that_ends_in_order_hands_over_at_once_and_the_last_one_clears_the_status_when_asked()
    {
        await using var server = await FakeApiServer.StartAsync(new() { Namespaces = ["default", "wsingress"] });
        server.Apply(ClusterObjects.Class());
        server.Apply(ClusterObjects.Ingress("chat"));
        await using var first = await StartAsync(server, "replica-1", "--update-status-on-shutdown", "--drain-window", "0");
        await UntilAsync(() => AddressOf(server, "chat") == Address);
        await using var second = await StartAsync(server, "replica-2", "--update-status-on-shutdown", "--drain-window", "0");

        // The second stands by, so that what is measured is the hand-over and not a start.
        await UntilAsync(() => server.Requests.Count(r => r.Kind == "leases" && r.Verb == "get") >= 3);
        var told = Stopwatch.GetTimestamp();
        var stopping = first.Process.StopAsync();
        await UntilAsync(() => HolderOf(server) == "replica-2");
        Assert.InRange(Stopwatch.GetElapsedTime(told), TimeSpan.Zero, Retry + Requests);
        Assert.Equal(0, await stopping);
        Assert.Equal(Address, AddressOf(server, "chat"));

        Assert.Equal(0, await second.Process.StopAsync());
        Assert.Null(AddressOf(server, "chat"));
        Assert.Equal("", HolderOf(server));
    }

    [Fact]
    public async Task A_problem_is_an_Event_of_one_replica_alone()
    {
        await using var server = await FakeApiServer.StartAsync(new() { Namespaces = ["default", "wsingress"] });
        server.Apply(ClusterObjects.Class());
        await using var first = await StartAsync(server, "replica-1");
        await using var second = await StartAsync(server, "replica-2");
        server.Apply(ClusterObjects.Ingress("chat"));

        await UntilAsync(() => server.List("events").Count > 0);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);

        var told = Assert.Single(server.List("events"));
        Assert.Equal("ServiceNotFound", (string?)told["reason"]);
        Assert.Equal("chat", (string?)told["regarding"]!["name"]);
        Assert.Contains("spec.rules[0].http.paths[0].backend.service.name", (string?)told["note"], StringComparison.Ordinal);
        Assert.StartsWith("replica-", (string?)told["reportingInstance"], StringComparison.Ordinal);
    }

    private static Task<ControllerProcess> StartAsync(FakeApiServer server, string name, params string[] more) =>
        ControllerProcess.StartAsync(server, [.. Flags, "--pod-name", name, .. more]);

    private static string? AddressOf(FakeApiServer server, string ingress) =>
        (string?)server.Get("ingresses", "default", ingress)!["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"];

    private static string HolderOf(FakeApiServer server) => (string?)server.Get("leases", "wsingress", "wsingress-leader")!["spec"]!["holderIdentity"] ?? "";

    private static DateTimeOffset TimeOf(FakeApiServer server, string field) =>
        DateTimeOffset.Parse((string)server.Get("leases", "wsingress", "wsingress-leader")!["spec"]![field]!, System.Globalization.CultureInfo.InvariantCulture);

    private static int StatusWrites(FakeApiServer server) => server.Requests.Count(r => r.Method is "PATCH" or "PUT" && r.Path.EndsWith("/status", StringComparison.Ordinal));

    private static async Task<int> LeadsAsync(ControllerProcess controller) =>
        (await controller.MetricsAsync()).Contains("\nwsingress_leader 1\n", StringComparison.Ordinal) ? 1 : 0;

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
