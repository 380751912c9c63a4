using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using WsIngress.ApiServer;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>The faults that the fake plays, as a client sees them on the wire.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Ingresses = "/apis/networking.k8s.io/v1/ingresses";

    private FakeApiServer _server = null!;
    private WireClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new WireClient(_server.Address);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_cut_watch_breaks_in_the_middle_of_a_line()
    {
        using var watch = await WatchAsync();
        _server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        Assert.Equal("ADDED web", (await watch.NextAsync()).ToString());

        _server.Faults.CutWatches();

        Assert.Matches("^\\{\"type\":\"MODIFIED\"[^\n]*[^\n}]$", await watch.UntilBreakAsync());
    }

    [Fact]
    public async Task An_ended_watch_is_a_complete_response_and_other_kinds_go_on()
    {
        using var watch = await WatchAsync();
        using var services = await _client.WatchAsync("/api/v1/services?watch=true");

        _server.Faults.EndWatches("ingresses");
        _server.Apply("""{"kind":"Service","apiVersion":"v1","metadata":{"name":"web"}}""");

        Assert.Null(await watch.LineAsync());
        Assert.Equal("ADDED web", (await services.NextAsync()).ToString());
    }

    [Fact]
    public async Task A_stalled_watch_is_silent_and_goes_on_with_all_that_happened()
    {
        using var watch = await WatchAsync();
        _server.Faults.StallWatches("ingresses");
        _server.Apply(FakeApiServerTests.Ingress("shop", "a"));
        var next = watch.NextAsync();
        using var probe = await _client.WatchAsync("/api/v1/services?watch=true");
        _server.Apply("""{"kind":"Service","apiVersion":"v1","metadata":{"name":"web"}}""");
        await probe.NextAsync();
        Assert.False(next.IsCompleted);

        _server.Faults.ResumeWatches("ingresses");

        Assert.Equal("ADDED a", (await next).ToString());
    }

    [Fact]
    public async Task Requests_fail_as_often_as_told_with_a_time_to_retry()
    {
        _server.Faults.Fail(503, TimeSpan.FromSeconds(7), times: 2, kind: "ingresses", verb: "list");

        Assert.Equal(200, (await _client.GetAsync("/api/v1/services")).Status);
        var first = await _client.GetAsync(Ingresses);
        Assert.Equal((503, "ServiceUnavailable"), (first.Status, first.Reason));
        Assert.Equal(TimeSpan.FromSeconds(7), first.Headers.RetryAfter!.Delta);
        Assert.Equal(503, (await _client.GetAsync(Ingresses)).Status);
        Assert.Equal(200, (await _client.GetAsync(Ingresses)).Status);
        Assert.Equal([200, 503, 503, 200], _server.Requests.Select(r => r.Status));
    }

    [Fact]
    public async Task Throttling_is_plain_text()
    {
        _server.Faults.Fail(429, TimeSpan.FromSeconds(1), times: 1);

        var answer = await _client.GetAsync(Ingresses);

        Assert.Equal((429, "text/plain", "Too many requests, please try again later.\n"), (answer.Status, answer.ContentType, answer.Text));
    }

    [Theory]
    [InlineData(GoneForm.StreamExpired, "Expired")]
    [InlineData(GoneForm.StreamGone, "Gone")]
    public async Task A_watch_can_be_told_that_it_is_too_old_in_the_stream(GoneForm form, string reason)
    {
        _server.Faults.Gone(form);

        using var refused = await WatchAsync();
        using var next = await WatchAsync();

        Assert.Equal(200, refused.Status);
        Assert.Equal(reason, (string)(await refused.NextAsync()).Json["reason"]!);
        Assert.Null(await refused.LineAsync());
        _server.Apply(FakeApiServerTests.Ingress("shop", "a"));
        Assert.Equal("ADDED a", (await next.NextAsync()).ToString());
    }

    [Fact]
    public async Task Lists_and_watches_can_be_told_so_by_http()
    {
        _server.Faults.Gone(GoneForm.Response);

        Assert.Equal((410, "Expired"), ((await _client.GetAsync($"{Ingresses}?watch=true")).Status, (await _client.GetAsync(Ingresses)).Reason));
        Assert.Equal(200, (await _client.GetAsync(Ingresses)).Status);
    }

    [Fact]
    public async Task Garbage_stands_between_events()
    {
        using var watch = await WatchAsync();

        _server.Faults.GarbageLine();
        _server.Apply(FakeApiServerTests.Ingress("shop", "a"));

        await Assert.ThrowsAnyAsync<System.Text.Json.JsonException>(watch.NextAsync);
        Assert.Equal("ADDED a", (await watch.NextAsync()).ToString());
    }

    [Fact]
    public async Task Events_can_come_twice()
    {
        using var watch = await WatchAsync();

        _server.Faults.DuplicateEvents();
        _server.Apply(FakeApiServerTests.Ingress("shop", "a"));

        Assert.Equal(await watch.LineAsync(), await watch.LineAsync());
    }

    [Fact]
    public async Task Compaction_expires_older_watches_and_continue_tokens_but_not_open_watches()
    {
        _server.Apply(FakeApiServerTests.Ingress("shop", "a"));
        _server.Apply(FakeApiServerTests.Ingress("shop", "b"));
        using var open = await WatchAsync();
        var page = await _client.GetAsync($"{Ingresses}?limit=1");
        var token = Uri.EscapeDataString((string)page.Json["metadata"]!["continue"]!);

        _server.Compact();
        var expired = await _client.GetAsync($"{Ingresses}?limit=1&continue={token}");
        var further = Uri.EscapeDataString((string)expired.Json["metadata"]!["continue"]!);
        using var old = await _client.WatchAsync($"{Ingresses}?watch=true&resourceVersion={page.Version}");
        _server.Apply(FakeApiServerTests.Ingress("shop", "c"));

        Assert.Equal((410, "Expired"), (expired.Status, expired.Reason));
        Assert.Equal(["b"], (await _client.GetAsync($"{Ingresses}?limit=1&continue={further}")).Names);
        Assert.Equal("ERROR", (await old.NextAsync()).Type);
        Assert.Equal("ADDED c", (await open.NextAsync()).ToString());
    }

    [Fact]
    public async Task The_ring_forgets_the_oldest_changes()
    {
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { EventsKept = 2 });
        using var client = new WireClient(server.Address);
        var versions = new[] { "a", "b", "c" }.Select(n => server.Apply(FakeApiServerTests.Ingress("shop", n))).ToArray();

        using var known = await client.WatchAsync($"{Ingresses}?watch=true&resourceVersion={versions[0]}");
        using var forgotten = await client.WatchAsync($"{Ingresses}?watch=true&resourceVersion={long.Parse(versions[0]) - 1}");

        Assert.Equal("ADDED b", (await known.NextAsync()).ToString());
        Assert.Equal("ERROR", (await forgotten.NextAsync()).Type);
    }

    [Fact]
    public async Task A_restart_cuts_watches_refuses_connections_and_expires_every_older_version()
    {
        _server.Apply(FakeApiServerTests.Ingress("shop", "a"));
        using var watch = await WatchAsync();
        var before = _server.Revision;
        var address = _server.Address;

        await _server.GoDownAsync();
        await Assert.ThrowsAnyAsync<IOException>(watch.RestAsync);
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(address.Host, address.Port));
        }

        await _server.ComeUpAsync();

        Assert.Equal(address, _server.Address);
        Assert.Equal(["a"], (await _client.GetAsync(Ingresses)).Names);
        using var quiet = await _client.WatchAsync($"/api/v1/services?watch=true&resourceVersion={before}");
        Assert.Equal(410, (int)(await quiet.NextAsync()).Json["code"]!);
    }

    [Fact]
    public async Task A_restart_can_go_back_to_a_backup()
    {
        _server.Apply(FakeApiServerTests.Ingress("shop", "kept"));
        _server.Backup();
        var backup = _server.Revision;
        _server.Apply(FakeApiServerTests.Ingress("shop", "lost"));

        await _server.RestartAsync(lowerRevision: true);
        var list = await _client.GetAsync(Ingresses);

        Assert.Equal(["kept"], list.Names);
        Assert.Equal(backup.ToString(), list.Version);
    }

    [Fact]
    public async Task Bookmarks_come_on_demand_and_by_the_clock_and_move_on_with_other_kinds()
    {
        var time = new FakeTimeProvider();
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { BookmarkInterval = TimeSpan.FromMinutes(1) }, time);
        using var client = new WireClient(server.Address);
        using var watch = await client.WatchAsync($"{Ingresses}?watch=true&allowWatchBookmarks=true&resourceVersion={server.Revision}");
        await server.WaitForWatchersAsync("ingresses");

        server.SkipRevisions(5);
        server.SendBookmarks();
        var asked = await watch.LineAsync();
        server.Apply("""{"kind":"Service","apiVersion":"v1","metadata":{"name":"web"}}""");
        time.Advance(TimeSpan.FromMinutes(1));
        var timed = await watch.NextAsync();

        Assert.Equal($$$$"""{"type":"BOOKMARK","object":{"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"resourceVersion":"{{{{server.Revision - 1}}}}"},"spec":{}}}""", asked);
        Assert.Equal(("BOOKMARK", server.Revision.ToString()), (timed.Type, timed.Version));
    }

    [Fact]
    public async Task A_delay_holds_the_answer_by_the_clock()
    {
        var time = new FakeTimeProvider();
        await using var server = await FakeApiServer.StartAsync(time: time);
        using var client = new WireClient(server.Address);
        server.Faults.Delay(TimeSpan.FromMinutes(1), times: 1, kind: "ingresses");

        var held = client.GetAsync(Ingresses);
        Assert.Equal(200, (await client.GetAsync("/api/v1/services")).Status);
        Assert.False(held.IsCompleted);
        while (!held.IsCompleted)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.Equal(200, (await held).Status);
    }

    [Fact]
    public async Task An_answer_can_be_cut_in_the_middle_and_what_was_asked_for_is_done()
    {
        _server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        _server.Faults.CutAnswers(times: 2, kind: "ingresses");

        using var cut = await _client.WatchAsync(Ingresses);
        Assert.Equal(200, cut.Status);
        Assert.Matches("^\\{[^\n]+$", await cut.UntilBreakAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _client.SendAsync("DELETE", "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web"));
        Assert.Empty((await _client.GetAsync(Ingresses)).Names);
    }

    [Fact]
    public async Task An_answer_can_stop_in_the_middle_until_the_fault_is_taken_back()
    {
        _server.Apply(FakeApiServerTests.Ingress("shop", "web"));
        _server.Faults.StallAnswers(kind: "ingresses", verb: "list");

        using var stalled = await _client.WatchAsync(Ingresses);
        Assert.Equal(200, stalled.Status);
        var line = stalled.LineAsync();
        Assert.Equal(200, (await _client.GetAsync("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web")).Status);
        Assert.False(line.IsCompleted);
        _server.Faults.Clear();
        Assert.EndsWith("}", await line);
        Assert.Equal(["web"], (await _client.GetAsync(Ingresses)).Names);
    }

    private async Task<WatchStream> WatchAsync()
    {
        var watch = await _client.WatchAsync($"{Ingresses}?watch=true&resourceVersion={_server.Revision}");
        return watch;
    }
}
