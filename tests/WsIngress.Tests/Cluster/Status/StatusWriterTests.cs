using System.Text.Json.Nodes;
using k8s.Models;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Cluster.Status;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster.Status;

public sealed class StatusWriterTests
{
    private static readonly StatusOptions Fixed = new() { Addresses = ["203.0.113.7", "lb.example.com"] };

    [Fact]
    public async Task What_differs_is_written_once_sorted_and_with_the_version_it_is_based_on()
    {
        await using var board = await Board.StartAsync();
        var version = board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(Board.Ingress("other", ingressClass: "nginx"));
        var writer = Start(board, new() { Addresses = ["lb.example.com", "203.0.113.7", "203.0.113.7"] });
        board.Tell();
        await Eventually.True(() => writer.Written == 1);

        var patch = Assert.Single(board.Sent("patch", "ingresses"));
        Assert.Equal("/apis/networking.k8s.io/v1/namespaces/default/ingresses/web/status", patch.Path);
        var body = JsonNode.Parse(patch.Body)!;
        Assert.Equal(version, (string?)body["metadata"]!["resourceVersion"]);
        Assert.Equal("""[{"hostname":"lb.example.com"},{"ip":"203.0.113.7"}]""", body["status"]!["loadBalancer"]!["ingress"]!.ToJsonString());
        Assert.Empty(board.Has("other"));
    }

    [Fact]
    public async Task Without_a_difference_nothing_is_sent()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web", has: [new() { Ip = "203.0.113.7" }, new() { Hostname = "lb.example.com" }]));
        board.Server.Apply(Board.Ingress("new"));
        var writer = Start(board, Fixed);
        board.Tell();
        await Eventually.True(() => writer.Written == 1);

        // Not even while the watch has not shown the write yet, nor when it has.
        await board.CalmAsync();
        board.Tell();
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
    }

    [Fact]
    public async Task A_stale_version_is_refused_and_written_once_more_when_the_watch_brought_the_newer_object()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var newer = Board.Ingress("web");
        newer.Metadata.Labels = new Dictionary<string, string> { ["changed"] = "yes" };
        board.Server.Apply(newer);
        var writer = Start(board, Fixed);
        await Eventually.True(() => writer.Conflicts == 1);
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);

        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        await board.CalmAsync();
        Assert.Equal(2, board.Server.Requests.Count);
        Assert.Equal(["lb.example.com", "203.0.113.7"], board.Has("web"));
        Assert.Equal(0, writer.Failures);
    }

    [Fact]
    public async Task An_Ingress_that_is_gone_is_no_failure()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        board.Server.Delete("ingresses", "default", "web");
        var writer = Start(board, Fixed);
        await Eventually.True(() => board.Server.Requests.Count == 1);
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
        Assert.Equal((0, 0, 0), (writer.Written, writer.Conflicts, writer.Failures));
    }

    [Fact]
    public async Task A_missing_right_is_named_once_and_tried_again_ever_more_seldom()
    {
        await using var board = await Board.StartAsync();
        board.Server.Access.Set("admin", "reader", AccessRule.Read("networking.k8s.io", "ingresses"));
        for (var i = 0; i < 50; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        var writer = Start(board, Fixed);
        board.Tell();
        await Eventually.True(() => board.Log.Of(5304).Length == 1);
        Assert.Contains("the right 'patch' on ingresses/status in namespace default is missing", board.Log.Of(5304)[0]);
        await board.CalmAsync();
        Assert.InRange(board.Server.Requests.Count, 1, Fixed.Parallelism);

        // Ten minutes: after 1, 2, 4, … 256 and then every 300 seconds.
        for (var i = 0; i < 120; i++)
        {
            board.Time.Advance(TimeSpan.FromSeconds(5));
            await board.CalmAsync();
        }

        Assert.InRange(writer.Failures, 5, 12 * Fixed.Parallelism);
        board.Server.Access.Set("admin", "admin", AccessRule.Everything);
        await board.PassAsync(() => writer.Written == 50, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task What_a_webhook_denies_with_403_concerns_the_one_Ingress_and_is_no_missing_right()
    {
        await using var board = await Board.StartAsync();
        board.Server.Faults.Deny("web is frozen: nobody cannot touch it", "ingresses", "patch", "web");
        board.Server.Apply(Board.Ingress("web"));
        var writer = Start(board, Fixed);
        board.Tell();
        await Eventually.True(() => writer.Failures == 1);
        board.Server.Apply(Board.Ingress("second"));
        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        Assert.Equal(2, board.Has("second").Length);
        var told = Assert.Single(board.Log.Of(5304));
        Assert.Contains("default/web cannot be written: admission webhook \"policy.example.com\" denied the request: web is frozen", told);
        Assert.DoesNotContain("right", told, StringComparison.Ordinal);

        board.Server.Faults.Clear();
        await board.PassAsync(() => writer.Written == 2, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_address_that_the_server_refuses_stops_only_itself()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Faults.Fail(422, times: 1, verb: "patch");
        var writer = Start(board, Fixed);
        board.Tell();
        await Eventually.True(() => writer.Failures == 1);
        board.Server.Apply(Board.Ingress("second"));
        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        Assert.Empty(board.Has("web"));
        await board.PassAsync(() => writer.Written == 2, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_lost_term_stops_at_once_what_is_under_way_and_what_would_follow()
    {
        await using var board = await Board.StartAsync();
        for (var i = 0; i < 60; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        board.Server.Faults.Delay(TimeSpan.FromMinutes(10), verb: "patch");
        var writer = new StatusWriter(board.Api, Fixed, "ops", board.Sync, board.Time, board.Log);
        var running = board.Run(stopping => writer.RunAsync(board.Term, stopping));
        board.Tell();
        await Eventually.True(() => board.Server.Requests.Count == Fixed.Parallelism);
        board.Term.End();
        await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        board.Server.Faults.Clear();
        await board.CalmAsync();
        Assert.Equal(Fixed.Parallelism, board.Server.Requests.Count);
        Assert.Equal(0, writer.Written);
        Assert.All(Enumerable.Range(0, 60), i => Assert.Empty(board.Has($"web-{i}")));
    }

    [Fact]
    public async Task A_term_that_ended_by_the_clock_alone_writes_nothing_though_no_timer_has_told_it()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var writer = new StatusWriter(board.Api, Fixed, "ops", board.Sync, TimeProvider.System, board.Log);
        var clock = new TimerlessClock();
        using var term = new WsIngress.Cluster.Election.Leadership(clock.GetTimestamp(), TimeSpan.FromSeconds(10), clock);
        clock.Now += TimeSpan.FromSeconds(10);
        board.Tell();
        await writer.RunAsync(term, board.Stopping).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Empty(board.Server.Requests);
        Assert.True(term.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task The_first_status_of_ten_thousand_Ingresses_keeps_to_the_rate()
    {
        const int Count = 10_000;
        await using var board = await Board.StartAsync();
        for (var i = 0; i < Count; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        var writer = Start(board, new() { Addresses = ["203.0.113.7"], Parallelism = 8 });
        board.Tell();
        await board.KeepsToRateAsync(() => writer.Written, Count, burst: 100, perSecond: 20);
    }

    [Fact]
    public async Task An_Ingress_that_goes_to_another_class_loses_our_addresses_once()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Class("nginx", "k8s.io/ingress-nginx"));
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(Board.Ingress("foreign", "nginx", has: [new() { Ip = "203.0.113.7" }, new() { Hostname = "lb.example.com" }]));
        var writer = Start(board, Fixed);
        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        board.Tell();

        var left = board.Server.Get<V1Ingress>("ingresses", "default", "web")!;
        left.Spec.IngressClassName = "nginx";
        board.Server.Apply(left);
        board.Tell();
        await Eventually.True(() => writer.Written == 2);
        Assert.Empty(board.Has("web"));

        // The other controller stands behind the same load balancer.
        board.Tell();
        board.Server.Apply(Board.Ingress("web", "nginx", has: [new() { Ip = "203.0.113.7" }, new() { Hostname = "lb.example.com" }]));
        board.Tell();
        await board.CalmAsync();
        Assert.Equal(2, writer.Written);
        Assert.Equal(2, board.Has("web").Length);
        Assert.Equal(2, board.Has("foreign").Length);
    }

    [Fact]
    public async Task An_Ingress_whose_class_vanished_keeps_its_addresses()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var writer = Start(board, Fixed);
        board.Tell();
        await Eventually.True(() => writer.Written == 1);
        board.Server.Delete("ingressclasses", null, "wsingress");
        board.Tell();
        await board.CalmAsync();
        Assert.Equal(2, board.Has("web").Length);
    }

    [Fact]
    public async Task With_somebody_who_undoes_it_the_writes_grow_rare()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var writer = Start(board, Fixed);
        for (var i = 0; i < 120; i++)
        {
            board.Server.Apply(Board.Ingress("web", has: [new() { Ip = "198.51.100.1" }]));
            board.Tell();
            await board.CalmAsync();
            board.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(writer.Written, 3, 7);
        Assert.Contains("somebody else writes", board.Log.Of(5305)[0], StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_ends_in_the_middle_is_a_failure_and_the_others_are_written(bool isCut)
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        if (isCut)
        {
            board.Server.Faults.CutAnswers(times: 1, verb: "patch");
        }
        else
        {
            board.Server.Faults.StallAnswers(times: 1, verb: "patch");
        }

        var writer = Start(board, Fixed);
        board.Tell();
        await board.PassAsync(() => writer.Failures == 1, TimeSpan.FromSeconds(1));
        board.Server.Apply(Board.Ingress("second"));
        board.Tell();
        await board.PassAsync(() => writer.Written == 1, TimeSpan.FromSeconds(1));
        Assert.Equal((2, 2), (board.Has("web").Length, board.Has("second").Length));
    }

    [Fact]
    public async Task Switched_off_it_writes_nothing()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        await new StatusWriter(board.Api, Fixed with { Enabled = false }, "ops", board.Sync, board.Time, board.Log).RunAsync(board.Term, board.Stopping);
        Assert.Empty(board.Server.Requests);
    }

    internal static StatusWriter Start(Board board, StatusOptions options)
    {
        var writer = new StatusWriter(board.Api, options, "ops", board.Sync, board.Time, board.Log);
        board.Run(stopping => writer.RunAsync(board.Term, stopping));
        return writer;
    }

    /// <summary>The clock of a process that was frozen: it is later, and no timer has fired.</summary>
    private sealed class TimerlessClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
