using System.Text.Json.Nodes;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>WATCH.</summary>
public abstract partial class ApiServerContract
{
    [Fact]
    public async Task A_watch_streams_what_comes_after_its_version()
    {
        await CreateAsync(Ingresses, Ingress("before"));
        using var watch = await WatchAsync($"resourceVersion={await RevisionAsync()}");

        var made = await CreateAsync(Ingresses, Ingress("a"));
        var changed = await MergeAsync($"{Ingresses}/a", """{"metadata":{"labels":{"k":"v"}}}""");
        var same = await MergeAsync($"{Ingresses}/a", """{"metadata":{"labels":{"k":"v"}}}""");
        var deleted = await Client.SendAsync("DELETE", $"{Ingresses}/a");

        Assert.Equal(200, watch.Status);
        Assert.True(watch.Chunked);
        var added = await watch.NextAsync();
        Assert.Equal(("ADDED", "a", made.Version), (added.Type, added.Name, added.Version));
        Assert.Equal("Ingress", (string)added.Json["kind"]!);
        var modified = await watch.NextAsync();
        Assert.Equal(("MODIFIED", changed.Version), (modified.Type, modified.Version));
        Assert.Equal(changed.Version, same.Version);
        var gone = await watch.NextAsync();
        Assert.Equal(("DELETED", "v"), (gone.Type, (string)gone.Json["metadata"]!["labels"]!["k"]!));
        Assert.True(long.Parse(gone.Version) > long.Parse(modified.Version));
        Assert.Equal("Success", (string)deleted.Json["status"]!);
    }

    [Fact]
    public async Task A_watch_of_a_known_version_replays_what_was_missed()
    {
        var start = await RevisionAsync();
        await CreateAsync(Ingresses, Ingress("a"));
        await MergeAsync($"{Ingresses}/a", """{"spec":{"rules":[{"host":"b.example.com"}]}}""");
        await Client.SendAsync("DELETE", $"{Ingresses}/a");

        using var watch = await WatchAsync($"resourceVersion={start}");

        Assert.Equal("ADDED a", (await watch.NextAsync()).ToString());
        Assert.Equal(2, (int)(await watch.NextAsync()).Json["metadata"]!["generation"]!);
        Assert.Equal("DELETED a", (await watch.NextAsync()).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("resourceVersion=0")]
    public async Task A_watch_without_a_version_begins_with_all_that_exists_and_ends_with_its_time(string query)
    {
        await CreateAsync(Ingresses, Ingress("a"));
        await CreateAsync(Ingresses, Ingress("b"));

        using var watch = await WatchAsync($"timeoutSeconds=1&{query}");

        Assert.Equal(["ADDED a", "ADDED b"], new[] { (await watch.NextAsync()).ToString(), (await watch.NextAsync()).ToString() }.Order());
        Assert.Null(await watch.LineAsync());
    }

    [Fact]
    public async Task An_object_that_leaves_the_selector_is_deleted_as_it_was_under_the_new_version()
    {
        using var watch = await WatchAsync($"labelSelector=tier%3Dx&resourceVersion={await RevisionAsync()}");
        await CreateAsync(Ingresses, Ingress("in", label: "x"));
        await CreateAsync(Ingresses, Ingress("out", label: "y"));
        await MergeAsync($"{Ingresses}/out", """{"metadata":{"labels":{"tier":"x"}}}""");
        var left = await MergeAsync($"{Ingresses}/in", """{"metadata":{"labels":{"tier":"y"}}}""");

        Assert.Equal("ADDED in", (await watch.NextAsync()).ToString());
        Assert.Equal("ADDED out", (await watch.NextAsync()).ToString());
        var gone = await watch.NextAsync();
        Assert.Equal(("DELETED", "in", left.Version, "x"), (gone.Type, gone.Name, gone.Version, (string)gone.Json["metadata"]!["labels"]!["tier"]!));
    }

    [Fact]
    public async Task One_object_can_be_watched()
    {
        using var watch = await WatchAsync($"fieldSelector=metadata.name%3Done&resourceVersion={await RevisionAsync()}");
        await CreateAsync(Ingresses, Ingress("two"));
        await CreateAsync(Ingresses, Ingress("one"));

        Assert.Equal("ADDED one", (await watch.NextAsync()).ToString());
    }

    [Fact]
    public async Task A_watch_of_a_namespace_does_not_see_others()
    {
        var other = $"{Ns}-b";
        await CreateAsync("/api/v1/namespaces", Json($$$"""{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"{{{other}}}"}}"""));
        _cleanUp.Add($"/api/v1/namespaces/{other}");
        using var watch = await WatchAsync($"resourceVersion={await RevisionAsync()}");

        await CreateAsync($"/apis/networking.k8s.io/v1/namespaces/{other}/ingresses", Ingress("elsewhere"));
        await CreateAsync(Leases, Lease("another-kind", "a"));
        await CreateAsync(Ingresses, Ingress("here"));

        Assert.Equal("ADDED here", (await watch.NextAsync()).ToString());
    }

    [Fact]
    public async Task A_version_that_is_too_old_is_an_error_event_and_a_clean_end()
    {
        using var watch = await WatchAsync("resourceVersion=1");

        Assert.Equal(200, watch.Status);
        var error = await watch.NextAsync();
        Assert.Equal("ERROR", error.Type);
        Assert.Equal(("Status", "Expired", 410), ((string)error.Json["kind"]!, (string)error.Json["reason"]!, (int)error.Json["code"]!));
        Assert.Contains("too old", (string)error.Json["message"]!, StringComparison.Ordinal);
        Assert.Null(await watch.LineAsync());
    }

    [Fact]
    public async Task A_version_of_the_future_is_silence()
    {
        using var watch = await WatchAsync("resourceVersion=99999999999&timeoutSeconds=1");
        await CreateAsync(Ingresses, Ingress("a"));

        Assert.Equal(200, watch.Status);
        Assert.Equal("", await watch.RestAsync());
    }

    [Fact]
    public async Task A_streaming_list_marks_its_end_with_a_bookmark()
    {
        await CreateAsync(Ingresses, Ingress("a"));

        using var watch = await WatchAsync("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.Equal("ADDED a", (await watch.NextAsync()).ToString());
        var bookmark = await watch.NextAsync();
        await CreateAsync(Ingresses, Ingress("b"));

        Assert.Equal("BOOKMARK", bookmark.Type);
        Assert.Equal("true", (string)bookmark.Json["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!);
        Assert.Equal("Ingress", (string)bookmark.Json["kind"]!);
        Assert.Equal("ADDED b", (await watch.NextAsync()).ToString());
    }

    [Theory]
    [InlineData("sendInitialEvents=true", 422, "Invalid", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
    [InlineData("resourceVersionMatch=NotOlderThan&resourceVersion=5", 422, "Invalid", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")]
    [InlineData("resourceVersion=abc", 500, "", "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax")]
    [InlineData("timeoutSeconds=x", 400, "BadRequest", "strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("fieldSelector=spec.x%3Dy", 400, "BadRequest", "\"spec.x\" is not a known field selector")]
    public async Task A_watch_with_a_bad_query_is_refused_without_a_stream(string query, int code, string reason, string message) =>
        AssertStatus(await Client.GetAsync($"{Ingresses}?watch=true&{query}"), code, reason, message);

    [Fact]
    public async Task A_finalizer_holds_an_object_until_it_is_taken_off()
    {
        var held = Ingress("held");
        held["metadata"]!["finalizers"] = new JsonArray("example.com/hold");
        using var watch = await WatchAsync($"resourceVersion={await RevisionAsync()}");
        await CreateAsync(Ingresses, held);

        var marked = await Client.SendAsync("DELETE", $"{Ingresses}/held");
        await MergeAsync($"{Ingresses}/held", """{"metadata":{"finalizers":null}}""");

        Assert.Equal("Ingress", (string)marked.Json["kind"]!);
        Assert.Equal("ADDED", (await watch.NextAsync()).Type);
        var going = await watch.NextAsync();
        Assert.Equal(("MODIFIED", 2), (going.Type, (int)going.Json["metadata"]!["generation"]!));
        Assert.NotNull(going.Json["metadata"]!["deletionTimestamp"]);
        var gone = await watch.NextAsync();
        Assert.Equal(("DELETED", "example.com/hold"), (gone.Type, (string)gone.Json["metadata"]!["finalizers"]![0]!));
        Assert.Equal(404, (await Client.GetAsync($"{Ingresses}/held")).Status);
    }

    private async Task<WatchStream> WatchAsync(string query) => await Client.WatchAsync($"{Ingresses}?watch=true&{query}");
}
