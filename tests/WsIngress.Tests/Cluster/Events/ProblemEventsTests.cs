using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Models;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Cluster.Events;
using WsIngress.Sources;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster.Events;

public sealed partial class ProblemEventsTests
{
    private static readonly EventOptions Options = new() { Controller = "wsingress.io/ingress-controller", Instance = "wsingress-0", Settle = TimeSpan.Zero };

    [Fact]
    public async Task A_problem_is_one_Event_on_its_object()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var sender = Start(board);
        board.Tell();
        await Eventually.True(() => sender.Sent == 1);

        var ingress = board.Server.Get<V1Ingress>("ingresses", "default", "web")!;
        var posted = JsonNode.Parse(Assert.Single(board.Sent("create", "events")).Body)!;
        Assert.Equal("events.k8s.io/v1", (string?)posted["apiVersion"]);
        Assert.Equal(("Warning", "ServiceNotFound", "Translate"), ((string?)posted["type"], (string?)posted["reason"], (string?)posted["action"]));
        Assert.Equal(("wsingress.io/ingress-controller", "wsingress-0"), ((string?)posted["reportingController"], (string?)posted["reportingInstance"]));
        Assert.StartsWith("spec.rules[0].http.paths[0].backend.service.name: ", (string?)posted["note"]);
        Assert.Matches(SixDigits(), (string)posted["eventTime"]!);
        var regarding = posted["regarding"]!;
        Assert.Equal(("Ingress", "default", "web"), ((string?)regarding["kind"], (string?)regarding["namespace"], (string?)regarding["name"]));
        Assert.Equal((ingress.Uid(), ingress.ResourceVersion()), ((string?)regarding["uid"], (string?)regarding["resourceVersion"]));

        // Told again, it is no news.
        board.Tell();
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
    }

    [Fact]
    public async Task A_problem_that_ends_while_things_are_being_applied_is_none()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(Board.Ingress("lasting"));
        var sender = Start(board, Options with { Settle = TimeSpan.FromSeconds(2) });
        board.Tell(board.Snapshot(), Problem("web", "for a moment"), Problem("lasting", "for long"));
        await board.CalmAsync();
        board.Time.Advance(TimeSpan.FromSeconds(1));
        board.Tell(board.Snapshot(), Problem("lasting", "for long"));
        await board.CalmAsync();
        Assert.Empty(board.Sent("create", "events"));

        await board.PassAsync(() => sender.Sent == 1, TimeSpan.FromSeconds(1));
        Assert.Contains("for long", Assert.Single(board.Sent("create", "events")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_of_a_Service_regards_the_Service()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(new V1Service
        {
            Metadata = new() { Name = "web", NamespaceProperty = "default", Annotations = new Dictionary<string, string> { ["wsingress.io/load-balancing"] = "fair" } },
            Spec = new() { ClusterIP = "10.0.0.9", Ports = [new() { Port = 80, Protocol = "TCP" }] },
        });
        var sender = Start(board);
        board.Tell();
        await Eventually.True(() => sender.Sent >= 1 && board.Sent("create", "events").Any(sent => sent.Body.Contains("InvalidAnnotation", StringComparison.Ordinal)));
        var posted = JsonNode.Parse(board.Sent("create", "events").First(sent => sent.Body.Contains("InvalidAnnotation", StringComparison.Ordinal)).Body)!;
        Assert.Equal(("v1", "Service"), ((string?)posted["regarding"]!["apiVersion"], (string?)posted["regarding"]!["kind"]));
    }

    [Fact]
    public async Task A_problem_that_persists_is_called_to_mind_in_a_series()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var sender = Start(board);
        board.Tell();
        await Eventually.True(() => sender.Sent == 1);
        board.Time.Advance(Options.Reminder - TimeSpan.FromSeconds(1));
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
        board.Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => sender.Sent == 2);
        var patch = Assert.Single(board.Sent("patch", "events"));
        Assert.Equal(2, (int)JsonNode.Parse(patch.Body)!["series"]!["count"]!);
        Assert.Matches(SixDigits(), (string)JsonNode.Parse(patch.Body)!["series"]!["lastObservedTime"]!);
        Assert.Single(board.Server.List("events"));
    }

    [Fact]
    public async Task A_problem_that_comes_and_goes_is_one_series_updated_once_a_minute()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var service = new V1Service { Metadata = new() { Name = "web", NamespaceProperty = "default" }, Spec = new() { ClusterIP = "10.0.0.9", Ports = [new() { Port = 81, Protocol = "TCP" }] } };
        var sender = Start(board, Options with { Reminder = TimeSpan.FromHours(10) });
        for (var i = 0; i < 30; i++)
        {
            board.Server.Delete("services", "default", "web");
            board.Tell();
            await board.CalmAsync();
            board.Server.Apply(service);
            board.Tell();
            await board.CalmAsync();
            board.Time.Advance(TimeSpan.FromSeconds(5));
            await board.CalmAsync();
            board.Time.Advance(TimeSpan.FromSeconds(5));
        }

        var notFound = board.Sent("create", "events").Count(sent => sent.Body.Contains("ServiceNotFound", StringComparison.Ordinal));
        Assert.Equal(1, notFound);
        Assert.InRange(board.Sent("patch", "events").Length, 4, 10);
        Assert.True(sender.Sent > 0);
    }

    [Fact]
    public async Task An_Ingress_of_a_class_that_nobody_knows_gets_no_Event_unless_the_class_is_ours()
    {
        await using var board = await Board.StartAsync();
        board.Server.Delete("ingressclasses", null, "wsingress");
        board.Server.Apply(Board.Ingress("foreign", "nginx"));
        board.Server.Apply(Board.Ingress("web"));
        var sender = Start(board);
        board.Tell();
        Assert.Equal(2, board.Sync.Current.Result!.Problems.Count(problem => problem.Reason == ProblemReason.ClassNotFound));
        await Eventually.True(() => sender.Sent == 1);
        await board.CalmAsync();
        var told = Assert.Single(board.Server.List("events"));
        Assert.Equal(("ClassNotFound", "web"), ((string?)told["reason"], (string?)told["regarding"]!["name"]));
    }

    [Fact]
    public async Task An_object_that_was_never_readable_gets_an_Event_by_its_uid()
    {
        await using var board = await Board.StartAsync();
        var unread = new ObjectDecoding(ObjectKindInfo.Of(ObjectKind.Ingress)).Decode("""
            {"metadata":{"name":"broken","namespace":"default","uid":"8f1c","resourceVersion":"7"},"spec":{"rules":"none"}}
            """u8)!.Value.Problem!;
        var sender = Start(board);
        board.Tell(board.Snapshot(), unread, Problem("gone", "of an object that is not there"));
        await Eventually.True(() => sender.Sent == 1);
        await board.CalmAsync();
        var told = Assert.Single(board.Server.List("events"));
        Assert.Equal(("Unparsable", "8f1c"), ((string?)told["reason"], (string?)told["regarding"]!["uid"]));
        Assert.Equal(("Ingress", "default", "broken"), ((string?)told["regarding"]!["kind"], (string?)told["regarding"]!["namespace"], (string?)told["regarding"]!["name"]));
    }

    [Fact]
    public async Task An_object_made_anew_has_an_Event_of_its_own_though_its_problem_is_the_same()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var sender = Start(board);
        var problem = Problem("web", "the same");
        board.Tell(board.Snapshot(), problem);
        await Eventually.True(() => sender.Sent == 1);
        var problems = board.Sync.Current.Result!.Problems;
        board.Server.Delete("ingresses", "default", "web");
        board.Server.Apply(Board.Ingress("web"));
        var snapshot = board.Snapshot();
        board.Sync.Tell(status => status with { Snapshot = snapshot, Result = status.Result! with { Problems = problems } });
        await Eventually.True(() => sender.Sent == 2);
        Assert.Equal(2, board.Server.List("events").Select(told => (string?)told["regarding"]!["uid"]).Distinct().Count());
    }

    [Fact]
    public async Task A_long_note_is_cut_to_what_the_server_takes()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var sender = Start(board);
        board.Tell(board.Snapshot(), Problem("web", new string('€', 2000)));
        await Eventually.True(() => sender.Sent == 1);
        Assert.Equal(0, sender.Failures);
        Assert.EndsWith("€…", (string?)board.Server.List("events").Single()["note"]);
    }

    [Fact]
    public async Task About_one_object_there_are_few()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Apply(Board.Ingress("second"));
        var sender = Start(board);
        board.Tell(board.Snapshot(), [.. Enumerable.Range(0, 40).Select(i => Problem("web", $"problem {i}")), Problem("second", "another")]);
        await Eventually.True(() => sender.Sent == 26 && sender.Suppressed == 15);
        await board.CalmAsync();
        Assert.Equal(26, board.Server.Requests.Count);
    }

    [Fact]
    public async Task One_object_with_very_many_problems_leaves_room_for_those_of_others()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("many"));
        board.Server.Apply(Board.Ingress("second"));
        var sender = Start(board, Options with { MostSeries = 150 });
        board.Tell(board.Snapshot(), [.. Enumerable.Range(0, 1000).Select(i => Problem("many", $"problem {i}")), Problem("second", "another")]);

        await Eventually.True(() => board.Sent("create", "events").Any(sent => sent.Body.Contains("another", StringComparison.Ordinal)));
        Assert.True(sender.Suppressed >= 900);
    }

    [Fact]
    public async Task What_was_mended_leaves_room_for_what_is_left()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        var sender = Start(board, Options with { MostPerObject = 3 });
        board.Tell(board.Snapshot(), [.. Enumerable.Range(0, 3).Select(i => Problem("web", $"problem {i}"))]);
        await Eventually.True(() => sender.Sent == 3);
        board.Tell(board.Snapshot(), Problem("web", "what is left"));

        await Eventually.True(() => board.Sent("create", "events").Any(sent => sent.Body.Contains("what is left", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task About_many_objects_they_come_at_a_bounded_rate()
    {
        await using var board = await Board.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        var sender = Start(board);
        board.Tell();
        await board.KeepsToRateAsync(() => sender.Sent, 300, burst: 50, perSecond: 10);
    }

    [Fact]
    public async Task A_new_leader_does_not_repeat_what_the_last_one_told()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var first = Start(board);
        await Eventually.True(() => first.Sent == 1);
        var second = Start(board, Options with { Instance = "wsingress-1" });
        await Eventually.True(() => second.Suppressed == 1);
        Assert.Single(board.Server.List("events"));
        Assert.Equal((0, 0), (second.Sent, second.Failures));
        await board.PassAsync(() => second.Sent == 1, TimeSpan.FromSeconds(4));
        Assert.Single(board.Server.List("events"));
    }

    [Fact]
    public async Task An_Event_that_the_server_forgot_is_made_anew()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var sender = Start(board);
        await Eventually.True(() => sender.Sent == 1);
        board.Server.Delete("events", "default", (string)board.Server.List("events").Single()["metadata"]!["name"]!);
        await board.PassAsync(() => sender.Sent == 2, TimeSpan.FromSeconds(4));
        Assert.Single(board.Server.List("events"));
    }

    [Fact]
    public async Task A_missing_right_is_told_once_and_hurts_nobody()
    {
        await using var board = await Board.StartAsync();
        board.Server.Access.Set("admin", "reader", AccessRule.Read("networking.k8s.io", "ingresses"));
        for (var i = 0; i < 20; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        board.Tell();
        var sender = Start(board);
        await Eventually.True(() => sender.Failures == 1);
        for (var i = 0; i < 120; i++)
        {
            board.Time.Advance(TimeSpan.FromSeconds(5));
            await board.CalmAsync();
        }

        Assert.InRange(board.Server.Requests.Count, 4, 9);
        Assert.Contains("'create' and 'patch' on events.events.k8s.io", board.Log.Of(5400)[0]);
        Assert.InRange(board.Log.Of(5400).Length, 1, 2);
        board.Server.Access.Set("admin", "admin", AccessRule.Everything);
        await board.PassAsync(() => sender.Sent == 20, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task What_a_webhook_denies_with_403_is_that_one_Event_and_no_missing_right()
    {
        await using var board = await Board.StartAsync();
        board.Server.Faults.Deny("no Events today", "events", "create", times: 1);
        board.Server.Apply(Board.Ingress("first"));
        board.Server.Apply(Board.Ingress("second"));
        board.Tell();
        var sender = Start(board);
        await Eventually.True(() => sender.Sent == 1);
        Assert.Equal(1, sender.Failures);
        Assert.Empty(board.Log.Of(5400));
        Assert.Contains("no Events today", Assert.Single(board.Log.Of(5401)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_ends_in_the_middle_is_a_failure_and_the_Event_is_told_once(bool isCut)
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        if (isCut)
        {
            board.Server.Faults.CutAnswers(times: 1, kind: "events");
        }
        else
        {
            board.Server.Faults.StallAnswers(times: 1, kind: "events");
        }

        var sender = Start(board);
        board.Tell();
        await board.PassAsync(() => sender.Failures == 1, TimeSpan.FromSeconds(1));
        await board.PassAsync(() => sender.Suppressed == 1, TimeSpan.FromSeconds(1));
        Assert.Single(board.Server.List("events"));
        await board.PassAsync(() => sender.Sent == 1, TimeSpan.FromSeconds(4));
        Assert.Single(board.Server.List("events"));
    }

    [Fact]
    public async Task A_server_that_asks_for_patience_gets_it()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Server.Faults.Fail(429, TimeSpan.FromSeconds(30), times: 1, kind: "events");
        board.Tell();
        var sender = Start(board);
        await Eventually.True(() => sender.Failures == 1);
        board.Time.Advance(TimeSpan.FromSeconds(29));
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
        board.Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => sender.Sent == 1);
    }

    [Fact]
    public async Task A_lost_term_ends_them_at_once()
    {
        await using var board = await Board.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            board.Server.Apply(Board.Ingress($"web-{i}"));
        }

        board.Server.Faults.Delay(TimeSpan.FromMinutes(10), kind: "events");
        var sender = new EventSender(board.Api, Options, board.Time, board.Log);
        var running = board.Run(stopping => new ProblemEvents(sender, Options, board.Sync, board.Time, board.Log).RunAsync(board.Term, stopping));
        board.Tell();
        await Eventually.True(() => board.Server.Requests.Count == 1);
        board.Term.End();
        await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        board.Server.Faults.Clear();
        await board.CalmAsync();
        Assert.Single(board.Server.Requests);
        Assert.Empty(board.Server.List("events"));
    }

    [Fact]
    public async Task Switched_off_there_are_none()
    {
        await using var board = await Board.StartAsync();
        board.Server.Apply(Board.Ingress("web"));
        board.Tell();
        var off = Options with { Enabled = false };
        await new ProblemEvents(new(board.Api, off, board.Time, board.Log), off, board.Sync, board.Time, board.Log).RunAsync(board.Term, board.Stopping);
        Assert.Empty(board.Server.Requests);
    }

    private static Problem Problem(string ingress, string message) =>
        new(new("Ingress", "default", ingress), ProblemReason.Conflict, "spec.rules[0]", "", "", message);

    private static EventSender Start(Board board, EventOptions? options = null)
    {
        var sender = new EventSender(board.Api, options ?? Options, board.Time, board.Log);
        var events = new ProblemEvents(sender, options ?? Options, board.Sync, board.Time, board.Log);
        board.Run(stopping => events.RunAsync(board.Term, stopping));
        return sender;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    private static partial Regex SixDigits();
}
