using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>LIST, GET, discovery and access.</summary>
public abstract partial class ApiServerContract
{
    [Fact]
    public async Task A_list_is_ordered_by_name_and_its_items_have_no_kind()
    {
        await CreateAsync(Ingresses, Ingress("b"));
        var last = await CreateAsync(Ingresses, Ingress("a"));

        var list = await Client.GetAsync(Ingresses);

        Assert.Equal(200, list.Status);
        Assert.Equal("application/json", list.ContentType);
        Assert.EndsWith("}\n", list.Text, StringComparison.Ordinal);
        Assert.StartsWith("""{"kind":"IngressList","apiVersion":"networking.k8s.io/v1","metadata":{"resourceVersion":""", list.Text, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], list.Names);
        Assert.All(list.Json["items"]!.AsArray(), i => Assert.False(i!.AsObject().ContainsKey("kind") || i.AsObject().ContainsKey("apiVersion")));
        Assert.True(long.Parse(list.Version) >= long.Parse(last.Version));
        Assert.False(list.Json["metadata"]!.AsObject().ContainsKey("continue"));
    }

    [Fact]
    public async Task An_empty_list_has_an_empty_array_also_in_a_namespace_that_does_not_exist()
    {
        var here = await Client.GetAsync(Ingresses);
        var nowhere = await Client.GetAsync("/apis/networking.k8s.io/v1/namespaces/no-such-place/ingresses");

        Assert.Contains("\"items\":[]", here.Text, StringComparison.Ordinal);
        Assert.Equal(200, nowhere.Status);
        Assert.Empty(nowhere.Names);
    }

    [Fact]
    public async Task Pages_show_the_state_of_the_first_page()
    {
        foreach (var name in new[] { "a", "b", "d", "e", "f" })
        {
            await CreateAsync(Ingresses, Ingress(name));
        }

        var first = await Client.GetAsync($"{Ingresses}?limit=2");
        await CreateAsync(Ingresses, Ingress("c"));
        await Client.SendAsync("DELETE", $"{Ingresses}/f");
        var second = await Client.GetAsync($"{Ingresses}?limit=2&continue={Token(first)}");
        var third = await Client.GetAsync($"{Ingresses}?limit=2&continue={Token(second)}");

        Assert.Equal(["a", "b"], first.Names);
        Assert.Equal(3, (int)first.Json["metadata"]!["remainingItemCount"]!);
        Assert.Equal(["d", "e"], second.Names);
        Assert.Equal(1, (int)second.Json["metadata"]!["remainingItemCount"]!);
        Assert.Equal(["f"], third.Names);
        Assert.Equal(first.Version, third.Version);
        Assert.False(third.Json["metadata"]!.AsObject().ContainsKey("continue"));
        Assert.False(third.Json["metadata"]!.AsObject().ContainsKey("remainingItemCount"));

        static string Token(WireAnswer page) => Enc((string)page.Json["metadata"]!["continue"]!);
    }

    [Fact]
    public async Task A_page_with_a_selector_counts_no_remainder_and_version_0_has_no_limit()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            await CreateAsync(Ingresses, Ingress(name, label: "x"));
        }

        var selected = await Client.GetAsync($"{Ingresses}?limit=2&labelSelector=tier%3Dx");
        var cached = await Client.GetAsync($"{Ingresses}?limit=2&resourceVersion=0");

        Assert.Equal(["a", "b"], selected.Names);
        Assert.True(selected.Json["metadata"]!.AsObject().ContainsKey("continue"));
        Assert.False(selected.Json["metadata"]!.AsObject().ContainsKey("remainingItemCount"));
        Assert.Equal(["a", "b", "c"], cached.Names);
    }

    [Fact]
    public async Task An_exact_version_reads_the_past_and_an_old_one_without_a_rule_the_present()
    {
        var first = await CreateAsync(Ingresses, Ingress("a"));
        await CreateAsync(Ingresses, Ingress("b"));

        var exact = await Client.GetAsync($"{Ingresses}?resourceVersion={first.Version}&resourceVersionMatch=Exact");
        var limited = await Client.GetAsync($"{Ingresses}?limit=9&resourceVersion={first.Version}");
        var notOlder = await Client.GetAsync($"{Ingresses}?resourceVersion={first.Version}&resourceVersionMatch=NotOlderThan");
        var plain = await Client.GetAsync($"{Ingresses}?resourceVersion={first.Version}");

        Assert.Equal(["a"], exact.Names);
        Assert.Equal(first.Version, exact.Version);
        Assert.Equal(["a"], limited.Names);
        Assert.Equal(["a", "b"], notOlder.Names);
        Assert.Equal(["a", "b"], plain.Names);
    }

    [Theory]
    [InlineData("resourceVersion=abc", 400, "BadRequest", "invalid resource version: resourceVersion: Invalid value: \"abc\"")]
    [InlineData("limit=x", 400, "BadRequest", "strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("limit=1&continue=garbage", 400, "BadRequest", "invalid continue token")]
    [InlineData("fieldSelector=spec.x%3Dy", 400, "BadRequest", "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    [InlineData("resourceVersionMatch=NotOlderThan", 422, "Invalid", "resourceVersionMatch is forbidden unless resourceVersion is provided")]
    [InlineData("resourceVersion=0&resourceVersionMatch=Exact", 422, "Invalid", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")]
    [InlineData("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0", 422, "Invalid", "sendInitialEvents is forbidden for list")]
    [InlineData("resourceVersion=1&resourceVersionMatch=Exact", 410, "Expired", "The resourceVersion for the provided list is too old.")]
    public async Task A_list_with_a_bad_query_is_refused(string query, int code, string reason, string message) =>
        AssertStatus(await Client.GetAsync($"{Ingresses}?{query}"), code, reason, message);

    [Fact]
    public async Task A_version_of_the_future_is_504_with_a_time_to_retry()
    {
        var answer = await Client.GetAsync($"{Ingresses}?resourceVersion=99999999999");

        AssertStatus(answer, 504, "Timeout", "Timeout: Too large resource version: 99999999999, current: ");
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        Assert.Equal(1, (int)answer.Json["details"]!["retryAfterSeconds"]!);
        Assert.Equal("ResourceVersionTooLarge", (string)answer.Json["details"]!["causes"]![0]!["reason"]!);
    }

    [Theory]
    [InlineData("tier=x", "a")]
    [InlineData("tier==x", "a")]
    [InlineData("tier!=x", "b,c")]
    [InlineData("tier in (x,y)", "a,b")]
    [InlineData("tier notin (x)", "b,c")]
    [InlineData("tier", "a,b")]
    [InlineData("!tier", "c")]
    [InlineData("tier,tier!=x", "b")]
    public async Task Label_selectors_select(string selector, string expected)
    {
        await CreateAsync(Ingresses, Ingress("a", label: "x"));
        await CreateAsync(Ingresses, Ingress("b", label: "y"));
        await CreateAsync(Ingresses, Ingress("c"));

        Assert.Equal(expected.Split(','), (await Client.GetAsync($"{Ingresses}?labelSelector={Enc(selector)}")).Names);
    }

    [Fact]
    public async Task Field_selectors_know_name_namespace_and_the_type_of_a_secret()
    {
        await CreateAsync(Ingresses, Ingress("a"));
        await CreateAsync(Ingresses, Ingress("b"));
        await CreateAsync(Secrets, Json("""{"kind":"Secret","apiVersion":"v1","metadata":{"name":"plain"}}"""));
        await CreateAsync(Secrets, Json("""{"kind":"Secret","apiVersion":"v1","metadata":{"name":"typed"},"type":"example.com/own"}"""));

        Assert.Equal(["b"], (await Client.GetAsync($"/apis/networking.k8s.io/v1/ingresses?fieldSelector={Enc($"metadata.name=b,metadata.namespace={Ns}")}")).Names);
        Assert.Equal(["a"], (await Client.GetAsync($"{Ingresses}?fieldSelector=metadata.name!%3Db")).Names);
        Assert.Equal(["typed"], (await Client.GetAsync($"{Secrets}?fieldSelector=type%3Dexample.com/own")).Names);
        Assert.Equal("Opaque", (string)(await Client.GetAsync($"{Secrets}/plain")).Json["type"]!);
    }

    [Fact]
    public async Task What_is_absent_or_unknown_is_404_each_in_its_own_words()
    {
        var absent = await Client.GetAsync($"{Ingresses}/absent");
        AssertStatus(absent, 404, "NotFound", "ingresses.networking.k8s.io \"absent\" not found");
        Assert.Equal("""{"name":"absent","group":"networking.k8s.io","kind":"ingresses"}""", absent.Json["details"]!.ToJsonString());

        AssertStatus(await Client.GetAsync("/apis/networking.k8s.io/v1/nosuchthings"), 404, "NotFound", "the server could not find the requested resource");
        AssertStatus(await Client.GetAsync($"{Ingresses}/x/nosuch"), 404, "NotFound", "the server could not find the requested resource");
        AssertStatus(await Client.SendAsync("POST", "/apis/networking.k8s.io/v1/namespaces/no-such-place/ingresses", Ingress("x")), 404, "NotFound", "namespaces \"no-such-place\" not found");

        var group = await Client.GetAsync("/apis/nosuch.example.com/v1/things");
        Assert.Equal((404, "text/plain", "404 page not found\n"), (group.Status, group.ContentType, group.Text));
    }

    [Fact]
    public async Task A_method_that_the_path_has_not_is_405()
    {
        const string message = "the server does not allow this method on the requested resource";

        AssertStatus(await Client.SendAsync("PUT", Ingresses, Ingress("x")), 405, "MethodNotAllowed", message);
        AssertStatus(await Client.SendAsync("POST", "/apis/networking.k8s.io/v1/ingresses", Ingress("x")), 405, "MethodNotAllowed", message);
    }

    [Fact]
    public async Task Discovery_names_the_resources()
    {
        var resources = await Client.GetAsync("/apis/networking.k8s.io/v1");
        var groups = await Client.GetAsync("/apis");

        Assert.Equal("APIResourceList", (string)resources.Json["kind"]!);
        var named = resources.Json["resources"]!.AsArray().Select(r => (string)r!["name"]!).ToArray();
        Assert.Contains("ingresses", named);
        Assert.Contains("ingresses/status", named);
        Assert.Contains("networking.k8s.io", groups.Json["groups"]!.AsArray().Select(g => (string)g!["name"]!));
        Assert.Equal("v1", (string)(await Client.GetAsync("/api")).Json["versions"]![0]!);
        Assert.Equal("1", (string)(await Client.GetAsync("/version")).Json["major"]!);
    }

    [Fact]
    public async Task A_bad_token_is_401_and_none_is_403()
    {
        using var bad = Connect("not-a-token");
        using var none = Connect(null);

        AssertStatus(await bad.GetAsync(Secrets), 401, "Unauthorized", "Unauthorized");
        AssertStatus(await none.GetAsync(Secrets), 403, "Forbidden", $"secrets is forbidden: User \"system:anonymous\" cannot list resource \"secrets\" in API group \"\" in the namespace \"{Ns}\"");
        AssertStatus(await none.GetAsync("/api"), 403, "Forbidden", "forbidden: User \"system:anonymous\" cannot get path \"/api\"");
        Assert.Equal(200, (await none.GetAsync("/version")).Status);
    }
}
