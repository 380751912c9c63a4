using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Routing;

public sealed class RouteMatcherTests
{
    [Theory]
    [InlineData("/foo", "/foo", true)]
    [InlineData("/foo", "/foo/", true)]
    [InlineData("/foo", "/foo/bar", true)]
    [InlineData("/foo", "/foobar", false)]
    [InlineData("/foo", "/Foo", false)]
    [InlineData("/foo", "/fo", false)]
    [InlineData("/", "/", true)]
    [InlineData("/", "/anything/at/all", true)]
    [InlineData("/foo/", "/foo", true)]
    [InlineData("/foo/", "/foo/bar", true)]
    [InlineData("/foo/", "/foobar", false)]
    [InlineData("/aaa/bb", "/aaa/bbb", false)]
    [InlineData("/aaa/bbb", "/aaa/bbb/ccc", true)]
    [InlineData("= /foo", "/foo", true)]
    [InlineData("= /foo", "/foo/", false)]
    [InlineData("= /foo/", "/foo", false)]
    [InlineData("= /foo", "/FOO", false)]
    [InlineData("~ /id/[0-9]+", "/id/123a", true)]
    [InlineData("~ /id/[0-9]+$", "/id/123a", false)]
    [InlineData("~ /id/[0-9]+", "/x/id/1", false)]
    public void A_path_matches_as_the_Ingress_documentation_says(string rule, string path, bool matches)
    {
        var matcher = new RouteMatcher(Tables.Table(Tables.Host("a.example", rule)));

        Assert.Equal(matches ? rule : null, matcher.MatchPath("a.example", path));
    }

    /// <summary>The routes with the regexes may be the guarded ones. Few that are slow, and many of which none is.</summary>
    [Theory]
    [InlineData(20, 16_000)]
    [InlineData(1000, 100)]
    public void Regexes_that_take_too_long_are_no_way_to_the_route_behind_them(int count, int length)
    {
        var text = new Random(1);
        var path = "/" + string.Concat(Enumerable.Range(0, length).Select(_ => "ab"[text.Next(2)]));
        var matcher = new RouteMatcher(Tables.Table(Tables.Host("a.example", ["/", .. Enumerable.Range(0, count).Select(i => $"~ /[ab]*a[ab]{{{900 + i}}}x")])));

        Assert.True(matcher.Match("a.example", path, new RequestView()).IsUndecided);
        Assert.True(matcher.Serves("a.example", path));
        Assert.Equal("/", matcher.MatchPath("a.example", "/b"));
    }

    /// <summary>Few routes are scanned, many are looked up.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void A_path_is_served_when_a_route_without_conditions_matches_it(int more)
    {
        string[] paths = ["= /exact", "/a/b", "/a/b/c/d", "~ /id/[0-9]+$", "/long/enough/to/be/the/longest", .. Enumerable.Range(0, more).Select(i => $"/more/{i}")];
        string[] elements = ["", "/exact", "/a", "/b", "/c", "/id", "/7", "/x", "/more", "/long/enough/to/be", "/the", "/longest"];
        var matcher = new RouteMatcher(Tables.Table(Tables.Host("a.example", paths)));
        var served = 0;
        foreach (var path in elements.SelectMany(one => elements.SelectMany(two => elements.Select(three => one + two + three))).Select(path => path.Length == 0 ? "/" : path))
        {
            var matches = matcher.MatchPath("a.example", path) is not null;
            Assert.True(matches == matcher.Serves("a.example", path), path);
            served += matches ? 1 : 0;
        }

        Assert.InRange(served, 20, 1000);
        Assert.False(matcher.Serves("b.example", "/exact"));
    }

    [Theory]
    [InlineData("a.example", "exact")]
    [InlineData("A.EXAMPLE", "exact")]
    [InlineData("b.example", "wildcard")]
    [InlineData("c.b.example", "hostless")]
    [InlineData("example", "hostless")]
    [InlineData("other.test", "hostless")]
    [InlineData("", "hostless")]
    [InlineData(".example", "hostless")]
    public void The_exact_host_wins_over_the_one_label_wildcard_and_that_over_no_host(string host, string owner)
    {
        var matcher = new RouteMatcher(Tables.Table(
            Tables.Host("", Tables.Route("/", "hostless")),
            Tables.Host("*.example", Tables.Route("/", "wildcard")),
            Tables.Host("a.example", Tables.Route("/", "exact"))));

        Assert.Equal(owner, matcher.Match(host, "/", new RequestView()).Route?.Owner.Name);
    }

    [Fact]
    public void A_host_does_not_borrow_the_paths_of_a_less_specific_one()
    {
        var matcher = new RouteMatcher(Tables.Table(
            Tables.Host("", "/hostless"),
            Tables.Host("*.example", "/wild"),
            Tables.Host("a.example", "/exact")));

        Assert.Null(matcher.MatchPath("a.example", "/wild"));
        Assert.Null(matcher.MatchPath("a.example", "/hostless"));
        Assert.Equal("/exact", matcher.MatchPath("a.example", "/exact"));
    }

    [Fact]
    public void What_no_path_takes_goes_to_the_default_of_the_host_and_then_to_that_of_the_table()
    {
        var host = Tables.Host("a.example", Tables.Route("= /x")) with { Default = Tables.Route("/", "host-default") };
        var table = new RoutingTable([host, Tables.Host("b.example", "= /x")], [], [], Tables.Route("/", "table-default"));
        var matcher = new RouteMatcher(table);

        Assert.Equal("host-default", matcher.Match("a.example", "/y", new RequestView()).Route?.Owner.Name);
        Assert.Equal("table-default", matcher.Match("b.example", "/y", new RequestView()).Route?.Owner.Name);
        Assert.Equal("table-default", matcher.Match("c.example", "/y", new RequestView()).Route?.Owner.Name);
    }

    [Fact]
    public void Exact_wins_then_the_longer_path_and_a_regex_before_a_prefix_of_its_length()
    {
        string[] rules = ["/", "= /", "/foo", "= /foo", "/foo/bar", "~ /foo/b.*"];
        var matcher = new RouteMatcher(Tables.Table(Tables.Host("a.example", rules)));

        Assert.Equal("= /", matcher.MatchPath("a.example", "/"));
        Assert.Equal("/", matcher.MatchPath("a.example", "/foobar"));
        Assert.Equal("= /foo", matcher.MatchPath("a.example", "/foo"));
        Assert.Equal("/foo", matcher.MatchPath("a.example", "/foo/"));
        Assert.Equal("~ /foo/b.*", matcher.MatchPath("a.example", "/foo/bar"));
    }

    [Fact]
    public void Conditions_decide_between_routes_of_one_path_and_more_of_them_come_first()
    {
        var plain = Tables.Route("/", "plain");
        var post = plain with { Owner = new("default", "post"), Methods = ["POST"] };
        var beta = plain with { Owner = new("default", "beta"), Headers = [new("X-Beta", "yes")], Query = [new("v", "[12]", IsRegex: true)] };
        var matcher = new RouteMatcher(Tables.Table(Tables.Host("a.example", plain, post, beta)));

        string? Owner(RequestView request) => matcher.Match("a.example", "/p", request).Route?.Owner.Name;

        Assert.Equal("plain", Owner(new RequestView()));
        Assert.Equal("post", Owner(new RequestView("post")));
        Assert.Equal("beta", Owner(new RequestView(headers: new() { ["X-Beta"] = "yes" }, query: new() { ["v"] = "2" })));
        Assert.Equal("plain", Owner(new RequestView(headers: new() { ["X-Beta"] = "yes" }, query: new() { ["v"] = "23" })));
        Assert.Equal("plain", Owner(new RequestView(headers: new() { ["X-Beta"] = "no" }, query: new() { ["v"] = "2" })));
    }

    [Fact]
    public void Regexes_are_taken_over_from_the_table_before()
    {
        var first = new RouteMatcher(Tables.Table(Tables.Host("a.example", "~ /a.*")), null, WithRegex);
        var second = new RouteMatcher(Tables.Table(Tables.Host("a.example", "~ /a.*", "~ /b.*")), first, WithRegex);

        Assert.NotNull(Attached(first, "/a1").Path);
        Assert.Same(Attached(first, "/a1").Path, Attached(second, "/a1").Path);
        Assert.NotSame(Attached(second, "/a1").Path, Attached(second, "/b1").Path);
    }

    [Fact]
    public void A_host_that_stays_keeps_what_was_attached_to_its_routes()
    {
        var stays = Tables.Host("b.example", "/b", "~ /r.*");
        var last = Tables.Route("/", "last");
        var first = new RouteMatcher(new([stays], [], [], last), null, WithRegex);
        var second = new RouteMatcher(new([Tables.Host("a.example", "/a", "/aa"), stays], [], [], last), first, WithRegex);

        Assert.Same(first.Match("b.example", "/b/x", new RequestView()).State, second.Match("b.example", "/b/x", new RequestView()).State);
        Assert.Same(first.Match("none", "/", new RequestView()).State, second.Match("none", "/", new RequestView()).State);
        Assert.Same(last, Attached(second, "/", "none").Route);
        Assert.Equal("/b", Attached(second, "/b/x", "b.example").Route.Path.Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_matcher_made_from_the_one_before_matches_as_one_made_anew(int seed)
    {
        var random = new Random(seed);
        string[] names = ["", "*.x", .. Enumerable.Range(0, 400).Select(i => $"h{i}.x"), .. Enumerable.Range(0, 40).Select(i => $"*.w{i}.x")];
        var hosts = new SortedDictionary<string, VirtualHost>(StringComparer.Ordinal);
        RouteMatcher? matcher = null;
        for (var round = 0; round < 300; round++)
        {
            for (var changes = random.Next(40) == 0 ? 300 : random.Next(1, 4); changes > 0; changes--)
            {
                var name = names[random.Next(names.Length)];
                if (random.Next(3) == 0)
                {
                    hosts.Remove(name);
                }
                else
                {
                    hosts[name] = Tables.Host(name, $"/{random.Next(3)}", $"~ /r{random.Next(1000)}");
                }
            }

            var table = Tables.Table([.. hosts.Values]);
            matcher = new(table, matcher, WithRegex);
            var fresh = new RouteMatcher(table);
            foreach (var name in names.Select(name => name.Replace('*', 'a')))
            {
                var (found, expected) = (matcher.Match(name, "/1/x", new RequestView()), fresh.Match(name, "/1/x", new RequestView()));
                Assert.Same(expected.Route, found.Route);
                Assert.Same(found.Route, ((WithPath?)found.State)?.Route);
            }
        }
    }

    private static WithPath WithRegex(Route route, Regex? path) => new(route, path);

    private static WithPath Attached(RouteMatcher matcher, string path, string host = "a.example") => Assert.IsType<WithPath>(matcher.Match(host, path, new RequestView()).State);

    private sealed record WithPath(Route Route, Regex? Path);

    [Fact]
    public void The_index_of_a_large_host_agrees_with_a_ten_line_reference()
    {
        var segment = Gen.Elements("a", "b", "c", "aa", "ab");
        var path = from count in Gen.Choose(0, 5)
                   from parts in segment.ListOf(count)
                   from slash in Gen.Elements("", "/")
                   select parts.Count == 0 ? "/" : "/" + string.Join('/', parts) + slash;
        var rule = from kind in Gen.Choose(0, 4)
                   from text in path
                   select kind switch { 0 => "= " + text, 1 => "~ " + text.TrimEnd('/') + "[ab/]*", _ => text.Length > 1 ? text.TrimEnd('/') : text };
        var cases = from count in Gen.Choose(1, 60)
                    from rules in rule.ListOf(count)
                    from paths in path.ListOf(20)
                    select (Rules: rules.Distinct().ToArray(), Paths: paths.ToArray());

        Prop.ForAll(cases.ToArbitrary(), sample =>
        {
            var matcher = new RouteMatcher(Tables.Table(Tables.Host("h", sample.Rules)));
            foreach (var request in sample.Paths)
            {
                Assert.Equal(Reference(sample.Rules, request), matcher.MatchPath("h", request));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        var hosts = Enumerable.Range(0, 100).Select(i => Tables.Host($"h{i}.example", [.. Enumerable.Range(0, i % 30 + 1).Select(p => $"/p{p}/x")]));
        var matcher = new RouteMatcher(Tables.Table([.. hosts, Tables.Host("*.wild.example", "/", "~ /r[0-9]+")]));

        // The first, unoptimised code of the runtime boxes here and there; what counts is the code that stays.
        for (var round = 0; round < 200 && Allocated(10_000) > 0; round++)
        {
        }

        Assert.Equal(0, Allocated(100_000));

        long Allocated(int times)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var found = Run(matcher, times);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(times * 3, found);
            return allocated;
        }

        static int Run(RouteMatcher matcher, int times)
        {
            var found = 0;
            for (var i = 0; i < times; i++)
            {
                found += matcher.Match("H29.example", "/p20/x/y/z", new RequestView()).Route is not null ? 1 : 0;
                found += matcher.Match("h0.example", "/p0/x", new RequestView()).Route is not null ? 1 : 0;
                found += matcher.Match("a.wild.example", "/r12", new RequestView()).Route is not null ? 1 : 0;
            }

            return found;
        }
    }

    [Fact]
    public void A_path_of_many_elements_costs_no_more_look_ups_than_the_longest_prefix_has()
    {
        var matcher = new RouteMatcher(Tables.Table(Tables.Host("h", [.. Enumerable.Range(0, 20).Select(i => $"/p{i}")])));
        var deep = "/p1" + string.Concat(Enumerable.Repeat("/x", 30_000));

        // With a look-up per element of the path this is 30,000 hashes of 60 KB each: minutes.
        Assert.Equal("/p1", matcher.MatchPath("h", deep));
        Assert.Null(matcher.MatchPath("h", "/q" + deep));
    }

    private static string? Reference(string[] rules, string path) => rules
        .Select(rule => Tables.Route(rule))
        .Where(route => route.Path.Kind switch
        {
            PathMatchKind.Exact => path == route.Path.Value,
            PathMatchKind.Regex => Regex.IsMatch(path, "^(?:" + route.Path.Value + ")"),
            _ => route.Path.Value == "/" || path == route.Path.Value || path.StartsWith(route.Path.Value + "/", StringComparison.Ordinal),
        })
        .OrderBy(route => route.Path.Kind == PathMatchKind.Exact ? 0 : 1)
        .ThenByDescending(route => route.Path.Value.Length)
        .ThenBy(route => route.Path.Kind == PathMatchKind.Regex ? 0 : 1)
        .ThenBy(route => route.Path.Value, StringComparer.Ordinal)
        .Select(Tables.Text)
        .FirstOrDefault();
}
