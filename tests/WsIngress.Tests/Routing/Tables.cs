using System.Collections.Immutable;
using WsIngress.Routing;

namespace WsIngress.Tests.Routing;

/// <summary>Small tables for tests: a path is written as <c>= /exact</c>, <c>/prefix</c> or <c>~ regex</c>.</summary>
internal static class Tables
{
    public static Route Route(string path, string name = "web") => new()
    {
        Owner = new RouteOwner("default", name),
        Path = path switch
        {
            ['=', ' ', .. var exact] => new PathMatch(PathMatchKind.Exact, exact),
            ['~', ' ', .. var regex] => new PathMatch(PathMatchKind.Regex, regex),
            _ => new PathMatch(PathMatchKind.Prefix, path),
        },
    };

    public static VirtualHost Host(string host, params Route[] routes) =>
        new() { Host = host, Routes = [.. routes.Order(RoutePrecedence.Instance)] };

    public static VirtualHost Host(string host, params string[] paths) => Host(host, [.. paths.Select(p => Route(p))]);

    public static RoutingTable Table(params VirtualHost[] hosts) => new([.. hosts], [], []);

    /// <summary>The matching path as it was written, or null.</summary>
    public static string? MatchPath(this RouteMatcher matcher, string host, string path) =>
        matcher.Match(host, path, new RequestView()).Route is { } route ? Text(route) : null;

    public static string Text(Route route) => route.Path.Kind switch
    {
        PathMatchKind.Exact => "= " + route.Path.Value,
        PathMatchKind.Regex => "~ " + route.Path.Value,
        _ => route.Path.Value,
    };

    public static ImmutableArray<T> List<T>(params T[] items) => [.. items];
}
