using Microsoft.AspNetCore.Http;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Hosting;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>How long a Reflector waits, on a clock of the test.</summary>
public sealed class WatchPatienceTests
{
    private static readonly FakeApiServerOptions Silent = new() { BookmarkInterval = TimeSpan.Zero };

    private readonly StepClock _clock = new();

    [Fact]
    public async Task After_the_first_bookmark_a_watch_that_says_nothing_for_150_s_is_cut()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        await HearBookmarkAsync(server, rig);
        server.Faults.StallWatches("services");
        var watches = rig.Requests("services", "watch");

        _clock.Advance(TimeSpan.FromSeconds(149));
        Assert.Equal(0, rig.Failures("services", 0));

        _clock.Advance(TimeSpan.FromSeconds(2));
        await Eventually.True(() => rig.Failures("services", 0) == 1);
        Assert.Contains(rig.Log.Of(5002), line => line.Contains("the watch of services broke: it fell silent", StringComparison.Ordinal));

        server.Faults.ResumeWatches("services");
        await AdvanceUntilAsync(() => rig.Requests("services", "watch") > watches);
        server.Apply(TestController.Service("after"));
        await rig.InStepAsync();
    }

    [Fact]
    public async Task A_watch_that_is_silent_from_its_beginning_is_cut_after_150_s_when_an_earlier_one_brought_bookmarks()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        await HearBookmarkAsync(server, rig);
        _clock.Advance(TimeSpan.FromSeconds(60));
        var watches = rig.Requests("services", "watch");
        server.Faults.EndWatches("services");
        await Eventually.True(() => rig.Requests("services", "watch") > watches);
        await server.WaitForWatchersAsync("services");
        server.Faults.StallWatches("services");
        await WatchingAsync(rig);
        var began = _clock.GetUtcNow();

        _clock.Advance(TimeSpan.FromSeconds(148));
        Assert.Equal(0, rig.Failures("services", 0));

        // Long before the five minutes at least after which it would have ended.
        await AdvanceUntilAsync(() => rig.Failures("services", 0) == 1);
        Assert.InRange((_clock.GetUtcNow() - began).TotalSeconds, 148, 200);
    }

    [Fact]
    public async Task An_open_watch_that_missed_a_bookmark_counts_into_the_age_and_one_without_bookmarks_does_not()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await rig.InStepAsync();
        foreach (var kind in new[] { "ingresses", "ingressclasses", "services", "endpointslices", "secrets" })
        {
            await server.WaitForWatchersAsync(kind);
        }

        await WatchingAsync(rig);
        _clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(TimeSpan.Zero, rig.Sources.Age());

        await HearBookmarkAsync(server, rig);
        _clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(TimeSpan.Zero, rig.Sources.Age());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(91), rig.Sources.Age());
    }

    [Fact]
    public async Task A_server_that_was_restored_behind_long_refusals_is_noticed()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        server.Apply(TestController.Service("old"));
        server.Backup();
        server.Apply(TestController.Service("lost"));
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");

        // Its watch ends in order, and whoever asks then hears 503 for longer than a restore takes.
        server.Faults.Fail(503, kind: "services");
        server.Faults.EndWatches("services");
        await AdvanceUntilAsync(() => rig.Failures("services", 503) >= 2);
        var refused = rig.Failures("services", 503);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.True(() => rig.Failures("services", 503) > refused);
        await server.RestartAsync(lowerRevision: true);
        server.SkipRevisions(1000);
        server.Faults.Clear();

        // Long before a watch from a version that means nothing any more would have ended by itself.
        var began = _clock.GetUtcNow();
        await AdvanceUntilAsync(() => rig.Relists("services", "broken") == 1);
        await AdvanceUntilAsync(() => rig.Snapshot!.Services.Length == 1);
        Assert.InRange((_clock.GetUtcNow() - began).TotalSeconds, 0, 120);
    }

    [Fact]
    public async Task A_refusal_inside_the_stream_is_waited_out_as_it_asks()
    {
        var watches = 0;
        await using var server = await ScriptedApiServer.StartAsync(async (http, stop) =>
        {
            if (!http.Request.Query.ContainsKey("watch"))
            {
                await ScriptedApiServer.ListAsync(http, "5");
                return;
            }

            if (http.Request.Path.Value!.EndsWith("/services", StringComparison.Ordinal) && Interlocked.Increment(ref watches) == 1)
            {
                await http.Response.WriteAsync("""{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"storage is (re)initializing","reason":"TooManyRequests","details":{"retryAfterSeconds":7},"code":429}}""" + "\n", stop);
                return;
            }

            await http.Response.Body.FlushAsync(stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        await using var fake = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(fake, time: _clock, options: ReflectorOptions.Default, address: server.Address);
        await Eventually.True(() => rig.Failures("services", 429) == 1);
        await Eventually.True(() => rig.Log.Of(5002).Length == 1);
        Assert.Contains("the API server answers 429 TooManyRequests: storage is (re)initializing", rig.Log.Of(5002)[0], StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal(1, Volatile.Read(ref watches));
        await AdvanceUntilAsync(() => Volatile.Read(ref watches) == 2);
    }

    [Fact]
    public async Task A_bookmark_keeps_a_watch_alive()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        for (var i = 0; i < 3; i++)
        {
            await HearBookmarkAsync(server, rig);
            _clock.Advance(TimeSpan.FromSeconds(80));
        }

        Assert.Equal(0, rig.Failures("services", 0));
        Assert.Equal(1, rig.Requests("services", "watch"));
    }

    [Fact]
    public async Task A_server_without_bookmarks_may_be_silent_to_the_end_of_the_watch_and_half_a_minute_longer()
    {
        await using var server = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await rig.InStepAsync();
        await server.WaitForWatchersAsync("services");
        var seconds = int.Parse(server.Requests.Single(request => request is { Kind: "services", Verb: "watch" }).Query.Split("timeoutSeconds=")[1]);

        _clock.Advance(TimeSpan.FromSeconds(seconds + 28));
        Assert.Equal(0, rig.Failures("services", 0));

        _clock.Advance(TimeSpan.FromSeconds(3));
        await Eventually.True(() => rig.Failures("services", 0) == 1);
    }

    [Fact]
    public async Task Retry_After_is_waited_for_and_bounded()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30), _clock, new Random(1));

        Assert.Equal(TimeSpan.FromSeconds(7), backoff.Next(TimeSpan.FromSeconds(7)));
        Assert.Equal(TimeSpan.FromMinutes(2), backoff.Next(TimeSpan.FromDays(1)));

        await using var server = await FakeApiServer.StartAsync(Silent);
        server.Faults.Fail(429, TimeSpan.FromSeconds(9), times: 1, kind: "services");
        await using var rig = new ClusterRig(server, time: _clock, options: ReflectorOptions.Default);
        await Eventually.True(() => rig.Failures("services", 429) == 1);
        await Eventually.True(() => rig.Requests("endpointslices", "watch") == 1);
        _clock.Advance(TimeSpan.FromSeconds(8.9));
        Assert.Null(rig.Snapshot);
        Assert.Equal(1, rig.Requests("services", "list"));

        await AdvanceUntilAsync(() => rig.Requests("services", "list") == 2);
        await rig.InStepAsync();
    }

    [Fact]
    public void Waits_double_up_to_30_s_with_jitter_and_begin_again_after_health()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30), _clock, new Random(1));
        for (var whole = 0.2; whole < 100; whole *= 2)
        {
            Assert.InRange(backoff.Next().TotalSeconds, Math.Min(whole, 30) / 2, Math.Min(whole, 30));
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.1, 0.2);
    }

    [Fact]
    public async Task A_list_that_stops_in_the_middle_is_given_up()
    {
        var lists = 0;
        await using var server = await ScriptedApiServer.StartAsync(async (http, stop) =>
        {
            if (http.Request.Path.Value!.EndsWith("/services", StringComparison.Ordinal) && !http.Request.Query.ContainsKey("watch") && Interlocked.Increment(ref lists) == 1)
            {
                await http.Response.WriteAsync("""{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"na""", stop);
                await http.Response.Body.FlushAsync(stop);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            }
            else if (http.Request.Query.ContainsKey("watch"))
            {
                await http.Response.Body.FlushAsync(stop);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            }

            await ScriptedApiServer.ListAsync(http, "5");
        });
        await using var fake = await FakeApiServer.StartAsync(Silent);
        await using var rig = new ClusterRig(fake, time: _clock, options: ReflectorOptions.Default, address: server.Address);
        await Eventually.True(() => Volatile.Read(ref lists) == 1);

        await AdvanceUntilAsync(() => rig.Failures("services", 0) == 1);
        Assert.Contains(rig.Log.Of(5002), line => line.Contains("the list of services cannot be read: no byte came for 60 s", StringComparison.Ordinal));
        await AdvanceUntilAsync(() => rig.Snapshot is not null);
    }

    private async Task HearBookmarkAsync(FakeApiServer server, ClusterRig rig)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        var now = _clock.GetUtcNow();
        server.SendBookmarks();
        await Eventually.True(() => rig.Sources.States.All(state => state.LastContact(now) == now));
    }

    /// <summary>Every kind knows that its watch is open: with time gone by, only that makes the age zero.</summary>
    private async Task WatchingAsync(ClusterRig rig)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => rig.Sources.Age() == TimeSpan.Zero);
    }

    /// <summary>Moves the clock second by second until something that waits on it has come about.</summary>
    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 2000, "the clock moved for half an hour in vain");
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}
