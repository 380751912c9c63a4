using k8s.Models;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Hosting;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>The rules of a Reflector one by one, over real sockets.</summary>
public sealed class ReflectorTests
{
    private static readonly FakeApiServerOptions Silent = new() { BookmarkInterval = TimeSpan.Zero };

    [Fact]
    public async Task Nothing_is_handed_on_before_every_page_of_every_kind_was_read()
    {
        await using var server = await FakeApiServer.StartAsync();
        for (var i = 0; i < 25; i++)
        {
            server.Apply(TestController.Service($"s{i}"));
        }

        server.Faults.Fail(500, times: 3, kind: "services", verb: "list");
        await using var rig = new ClusterRig(server, options: ClusterRig.Quick with { PageSize = 4 });
        await rig.InStepAsync();

        Assert.Equal(25, rig.Snapshots.First().Services.Length);
        Assert.Contains(server.Requests, request => request is { Kind: "services", Verb: "list" } && request.Query.Contains("limit=4&continue=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_list_whose_pages_expired_begins_anew()
    {
        await using var server = await FakeApiServer.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            server.Apply(TestController.Service($"s{i}"));
        }

        server.Faults.Gone(GoneForm.Response, times: 2, kind: "services", verb: "list");
        await using var rig = new ClusterRig(server, options: ClusterRig.Quick with { PageSize = 4 });
        await rig.InStepAsync();

        Assert.Equal(2, rig.Failures("services", 410));
    }

    [Fact]
    public async Task A_watch_that_ended_goes_on_from_the_last_version_that_an_event_or_a_bookmark_showed()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server);
        await server.WaitForWatchersAsync("services");
        var shown = server.Apply(TestController.Service("one"));
        await rig.InStepAsync();
        Assert.Equal(shown, await NextWatchAsync(server, () => server.Faults.EndWatches("services")));

        server.SkipRevisions(50);
        server.SendBookmarks("services");
        Assert.Equal(server.Revision.ToString(), await NextWatchAsync(server, () => server.Faults.EndWatches("services")));

        // The same after a cut in the middle of a line.
        var later = server.Apply(TestController.Service("two"));
        await rig.InStepAsync();
        Assert.Equal(later, await NextWatchAsync(server, () => server.Faults.CutWatches("services")));
        Assert.Equal(1, rig.Requests("services", "list") - Probes(server));
        Assert.Empty(rig.StateOf("services").Relists);
    }

    [Theory]
    [InlineData(GoneForm.Response)]
    [InlineData(GoneForm.StreamExpired)]
    [InlineData(GoneForm.StreamGone)]
    public async Task A_version_that_is_gone_is_forgotten_and_all_is_listed(GoneForm form)
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(TestController.Service("stays"));
        server.Apply(TestController.Service("goes"));
        await using var rig = new ClusterRig(server);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        server.Faults.StallWatches("services");
        server.Delete("services", "default", "goes");
        server.Faults.Gone(form, kind: "services", verb: "watch");
        server.Faults.CutWatches("services");
        server.Faults.ResumeWatches("services");

        await rig.InStepAsync();
        await Eventually.True(() => rig.Relists("services", "expired") == 1);
    }

    [Fact]
    public async Task A_version_that_the_server_does_not_have_yet_is_forgotten_and_all_is_listed()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var rig = new ClusterRig(server);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        server.Faults.Fail(504, TimeSpan.Zero, times: 1, kind: "services", verb: "watch");
        server.Faults.EndWatches("services");

        await Eventually.True(() => rig.Relists("services", "too-new") == 1);
    }

    [Fact]
    public async Task After_a_short_break_a_server_that_went_back_is_noticed_by_its_version_and_its_state_wins()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Apply(TestController.Service("old"));
        server.Backup();
        await using var rig = new ClusterRig(server);
        server.Apply(TestController.Service("lost"));
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");

        await server.RestartAsync(lowerRevision: true);

        await rig.InStepAsync();
        Assert.Equal(1, rig.Relists("services", "restored"));
    }

    [Fact]
    public async Task Another_content_under_the_same_version_after_a_restore_is_taken()
    {
        await using var server = await FakeApiServer.StartAsync();
        var service = TestController.Service("one");
        server.Apply(service);
        server.Backup();
        service.Spec.Ports[0].Port = 81;
        var before = server.Apply(service);
        server.SkipRevisions(10);
        await using var rig = new ClusterRig(server);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");

        // So that the first list after the restore has the object under the very version that it had before.
        server.Faults.Fail(503, kind: "services");
        await server.RestartAsync(lowerRevision: true);
        service.Spec.Ports[0].Port = 82;
        Assert.Equal(before, server.Apply(service));
        server.Faults.Clear();

        await rig.InStepAsync();
        Assert.Equal(82, rig.Snapshot!.Services[0].Spec.Ports[0].Port);
    }

    [Fact]
    public async Task After_a_long_break_all_is_listed()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var rig = new ClusterRig(server, options: ClusterRig.Quick with { LongestBreak = TimeSpan.Zero });
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        server.Faults.CutWatches("services");

        await Eventually.True(() => rig.Relists("services", "broken") == 1);
    }

    [Fact]
    public async Task A_line_that_is_no_event_is_asked_for_again_and_in_the_end_listed_past()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server);
        await rig.InStepAsync();
        for (var i = 1; i <= 3; i++)
        {
            // The server may take a watch that has just ended for an open one: the line is sent until it arrives.
            await Eventually.True(() =>
            {
                if (rig.Failures("services", 0) >= i)
                {
                    return true;
                }

                server.Faults.GarbageLine("services");
                return false;
            });
            Assert.Equal(i, rig.Failures("services", 0));
        }

        await Eventually.True(() => rig.Relists("services", "unreadable") == 1);
        Assert.True(rig.Requests("services", "watch") >= 3);
        server.Apply(TestController.Service("one"));
        await rig.InStepAsync();
    }

    [Fact]
    public async Task A_missing_right_is_told_once_by_verb_group_resource_and_namespace_and_when_it_is_over()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Access.Set("token", "system:serviceaccount:w:w", AccessRule.Read("", "services"), AccessRule.Read("", "secrets"), AccessRule.Read("discovery.k8s.io", "endpointslices"), AccessRule.Read("networking.k8s.io", "ingressclasses"));
        await using var rig = new ClusterRig(server, new() { Namespaces = ["shop"] }, token: "token");
        await Eventually.True(() => rig.Failures("ingresses", 403) > 5);
        await Eventually.True(() => rig.State.Current.WaitingFor?.Contains("the right is missing to list ingresses (API group networking.k8s.io) in namespace shop", StringComparison.Ordinal) == true);
        Assert.Null(rig.Snapshot);

        server.Access.Set("token", "system:serviceaccount:w:w", AccessRule.Everything);
        await rig.InStepAsync();
        await Eventually.True(() => rig.Log.Of(5003).Length == 1);
        Assert.Single(rig.Log.Of(5002), line => line.Contains("ingresses", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(504, "the API server answers 504 Timeout: the server was unable to return a response in the time allotted")]
    [InlineData(410, "the API server answers 410")]
    public async Task A_list_that_is_refused_again_and_again_is_told_whatever_the_status(int status, string expected)
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Faults.Fail(status, kind: "services", verb: "list");
        await using var rig = new ClusterRig(server);

        await Eventually.True(() => rig.State.Current.WaitingFor?.Contains(expected, StringComparison.Ordinal) == true);
        Assert.Contains(rig.Log.Of(5002), line => line.Contains(expected, StringComparison.Ordinal));
        server.Faults.Clear();
        await rig.InStepAsync();
    }

    /// <summary>Between the two its host would be served with another certificate.</summary>
    [Theory]
    [InlineData("a new reference")]
    [InlineData("all references anew")]
    public async Task No_snapshot_has_an_Ingress_without_the_Secret_that_it_names(string what)
    {
        await using var server = await FakeApiServer.StartAsync();
        foreach (var name in (string[])["old", "new"])
        {
            server.Apply(new V1Secret { Metadata = new() { Name = name, NamespaceProperty = "default" } });
        }

        void Name(string secret)
        {
            var ingress = TestController.Ingress("shop");
            ingress.Spec.Tls = [new() { SecretName = secret }];
            server.Apply(ingress);
        }

        var ingressClass = TestController.Class();
        server.Apply(ingressClass);
        Name("old");
        await using var rig = new ClusterRig(server);
        await rig.InStepAsync();
        server.Faults.Delay(TimeSpan.FromMilliseconds(300), times: 2, kind: "secrets");
        if (what == "a new reference")
        {
            Name("new");
        }
        else
        {
            server.Delete("ingressclasses", "", ingressClass.Metadata.Name);
            await rig.InStepAsync();
            server.Apply(TestController.Class());
        }

        await rig.InStepAsync();
        var translation = rig.Translation;
        Assert.All(rig.Snapshots, snapshot => Assert.Subset(
            snapshot.Secrets.Select(secret => secret.Metadata.Name).ToHashSet(),
            SecretReferences.Of(snapshot, translation).Select(named => named.Name).ToHashSet()));
        Assert.Contains(rig.Snapshots, snapshot => snapshot.Ingresses.Any(ingress => ingress.Spec.Tls[0].SecretName == (what == "a new reference" ? "new" : "old")));
    }

    [Fact]
    public async Task Without_the_right_to_Secrets_and_without_need_the_age_stays_0_and_with_need_it_is_reported()
    {
        await using var server = await FakeApiServer.StartAsync();
        AccessRule[] rights = [AccessRule.Read("", "services"), AccessRule.Read("networking.k8s.io", "ingresses"), AccessRule.Read("discovery.k8s.io", "endpointslices"), AccessRule.Read("networking.k8s.io", "ingressclasses")];
        server.Access.Set("token", "system:serviceaccount:w:w", rights);
        server.Apply(TestController.Class());
        await using var rig = new ClusterRig(server, token: "token");
        await Eventually.True(() => rig.Snapshot is not null && rig.Failures("secrets", 403) > 2);
        foreach (var kind in new[] { "ingresses", "ingressclasses", "services", "endpointslices" })
        {
            await server.WaitForWatchersAsync(kind);
        }

        await Eventually.True(() => rig.Sources.Age() == TimeSpan.Zero);
        Assert.NotEqual(rig.StateOf("secrets").LastContact(DateTimeOffset.MaxValue), DateTimeOffset.MaxValue);

        var ingress = TestController.Ingress("shop");
        ingress.Spec.Tls = [new() { SecretName = "tls" }];
        server.Apply(ingress);
        await Eventually.True(() => rig.Sources.Age() > TimeSpan.Zero);
        await Eventually.True(() => rig.State.Current.Result!.Problems.Any(p => p.Reason == ProblemReason.SecretForbidden));
        var problem = Assert.Single(rig.State.Current.Result!.Problems);
        Assert.Equal(new ObjectReference("Secret", "default", "tls"), problem.Object);
        Assert.Contains("the right is missing to list secrets (API group \"\") in all namespaces", problem.Message, StringComparison.Ordinal);

        server.Access.Set("token", "system:serviceaccount:w:w", [.. rights, AccessRule.Read("", "secrets")]);
        await Eventually.True(() => rig.State.Current.Result!.Problems.IsEmpty);
        await Eventually.True(() => rig.Sources.Age() == TimeSpan.Zero);
    }

    [Fact]
    public async Task Rights_that_go_and_come_back_take_nothing_away()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Access.Set("token", "user", AccessRule.Everything);
        server.Apply(TestController.Service("one"));
        await using var rig = new ClusterRig(server, token: "token");
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        server.Access.Withdraw("token");
        server.Faults.EndWatches("services");
        await Eventually.True(() => rig.Failures("services", 401) > 3);
        Assert.Single(rig.Snapshot!.Services);

        server.Access.Set("token", "user", AccessRule.Everything);
        server.Apply(TestController.Service("two"));
        await rig.InStepAsync();
        Assert.All(rig.Snapshots, snapshot => Assert.NotEmpty(snapshot.Services));
    }

    [Fact]
    public async Task Watches_are_asked_to_end_at_different_times_and_to_send_bookmarks()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var rig = new ClusterRig(server, seed: 7);
        await server.WaitForWatchersAsync("secrets");
        var watches = server.Requests.Where(request => request.Verb == "watch").ToArray();

        Assert.All(watches, watch => Assert.Contains("allowWatchBookmarks=true", watch.Query, StringComparison.Ordinal));
        var times = watches.Select(watch => int.Parse(watch.Query.Split("timeoutSeconds=")[1].Split('&')[0])).ToArray();
        Assert.All(times, seconds => Assert.InRange(seconds, 300, 600));
        Assert.True(times.Distinct().Count() > 2);
    }

    [Fact]
    public async Task A_server_that_ends_every_watch_at_once_is_not_stormed()
    {
        var watches = 0;
        await using var server = await ScriptedApiServer.StartAsync(async (http, _) =>
        {
            if (http.Request.Query.ContainsKey("watch"))
            {
                Interlocked.Increment(ref watches);
                return;
            }

            await ScriptedApiServer.ListAsync(http, "5");
        });
        await using var fake = await FakeApiServer.StartAsync();
        var clock = new StepClock();
        await using var rig = new ClusterRig(fake, time: clock, options: ReflectorOptions.Default, address: server.Address);
        await Eventually.True(() => Volatile.Read(ref watches) >= 5);

        // Each of the five kinds waits for the clock now, and longer each time.
        var first = Volatile.Read(ref watches);
        await Eventually.True(() => rig.Sources.States.All(state => state.LastContact(clock.GetUtcNow()) == clock.GetUtcNow()));
        for (var i = 0; i < 40; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Eventually.True(() => Volatile.Read(ref watches) > first);
        Assert.InRange(Volatile.Read(ref watches), first + 1, first + (5 * 12));
    }

    /// <summary>Requests for the present version alone.</summary>
    private static int Probes(FakeApiServer server) => server.Requests.Count(request => request.Kind == "services" && request.Verb == "list" && request.Query == "limit=1");

    /// <summary>From which version the next watch of Services goes on.</summary>
    private static async Task<string> NextWatchAsync(FakeApiServer server, Action cause)
    {
        RequestRecord[] Watches() => [.. server.Requests.Where(request => request is { Kind: "services", Verb: "watch", Status: 200 })];
        var count = Watches().Length;
        cause();
        await Eventually.True(() => Watches().Length > count);
        return Watches()[^1].Query.Split("resourceVersion=")[1].Split('&')[0];
    }
}
