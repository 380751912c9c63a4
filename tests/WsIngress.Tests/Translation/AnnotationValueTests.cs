using System.Collections.Immutable;
using System.Net;
using WsIngress.Routing;
using WsIngress.Translation;
using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>Every annotation: what is allowed and what it becomes, and a dozen refused values.</summary>
public sealed class AnnotationValueTests
{
    private static readonly string[] NeverAllowed = ["", " ", "\u0000", "on\noff", "ö", "${x}", "[]", "{}", "'\"", "\"", "-;", "; drop"];

    public static TheoryData<string, string, object> Allowed() => new()
    {
        { "load-balancing", "power-of-two", LoadBalancing.PowerOfTwo },
        { "load-balancing", "least-connections", LoadBalancing.LeastConnections },
        { "load-balancing", "round-robin", LoadBalancing.RoundRobin },
        { "load-balancing", "random", LoadBalancing.Random },
        { "load-balancing", " consistent-hash ", LoadBalancing.ConsistentHash },
        { "hash-by", "client-ip", new HashKey(HashSource.ClientIp) },
        { "hash-by", "path", new HashKey(HashSource.Path) },
        { "hash-by", "header:X-Room", new HashKey(HashSource.Header, "X-Room") },
        { "hash-by", "cookie:sid", new HashKey(HashSource.Cookie, "sid") },
        { "hash-by", "query:room_id", new HashKey(HashSource.Query, "room_id") },
        { "affinity", "cookie", true },
        { "affinity", "none", false },
        { "affinity-cookie-name", "__Host-room", "__Host-room" },
        { "affinity-cookie-path", "/chat/v1", "/chat/v1" },
        { "affinity-cookie-domain", ".Example.COM", "example.com" },
        { "affinity-cookie-max-age", "0", TimeSpan.Zero },
        { "affinity-cookie-max-age", "8760h", TimeSpan.FromDays(365) },
        { "affinity-cookie-samesite", "none", "None" },
        { "affinity-cookie-samesite", "Lax", "Lax" },
        { "affinity-cookie-samesite", "STRICT", "Strict" },
        { "affinity-cookie-secure", "on", true },
        { "affinity-cookie-secure", "False", false },
        { "backend-protocol", "http", BackendProtocol.Http },
        { "backend-protocol", "https", BackendProtocol.Https },
        { "backend-protocol", "h2c", BackendProtocol.H2c },
        { "backend-protocol", "grpc", BackendProtocol.Grpc },
        { "backend-tls-verify", "on", true },
        { "backend-tls-verify", "off", false },
        { "backend-tls-server-name", "Pods.example.com", "pods.example.com" },
        { "backend-tls-ca-secret", "my-ca.v2", "my-ca.v2" },
        { "connect-timeout", "1ms", TimeSpan.FromMilliseconds(1) },
        { "connect-timeout", "10m", TimeSpan.FromMinutes(10) },
        { "rewrite-target", "/", "/" },
        { "rewrite-target", "/a%20b/$1/$9", "/a%20b/$1/$9" },
        { "use-regex", "true", true },
        { "ssl-redirect", "ON", true },
        { "request-timeout", "0", TimeSpan.Zero },
        { "request-timeout", "0s", TimeSpan.Zero },
        { "request-timeout", "1h30m", TimeSpan.FromMinutes(90) },
        { "request-timeout", "1h2m3s4ms", new TimeSpan(0, 1, 2, 3, 4) },
        { "request-timeout", "90m", TimeSpan.FromMinutes(90) },
        { "max-body-size", "0", 0L },
        { "max-body-size", "65536", 65536L },
        { "max-body-size", "64Ki", 65536L },
        { "max-body-size", "1Mi", 1048576L },
        { "max-body-size", "1024Gi", 1L << 40 },
        { "websocket", "on", true },
        { "websocket", "false", false },
        { "websocket-idle-timeout", "500ms", TimeSpan.FromMilliseconds(500) },
        { "websocket-handshake-timeout", "3s", TimeSpan.FromSeconds(3) },
        { "websocket-max-age", "24h", TimeSpan.FromHours(24) },
        { "max-connections", "0", 0 },
        { "max-connections-per-client", "5", 5 },
        { "max-connections-per-pod", "1000000000", 1_000_000_000 },
        { "max-connections-per-key", "3", 3 },
        { "connection-key", "client-ip", new HashKey(HashSource.ClientIp) },
        { "connection-key", "header:X-User", new HashKey(HashSource.Header, "X-User") },
        { "connection-key", "cookie:sid", new HashKey(HashSource.Cookie, "sid") },
        { "connection-key", "query:token", new HashKey(HashSource.Query, "token") },
        { "websocket-handshake-rate", "0", 0.0 },
        { "websocket-handshake-rate", "200/s", 200.0 },
        { "websocket-handshake-rate-per-pod", "200", 200.0 },
        { "websocket-handshake-rate-per-pod", "30/m", 0.5 },
        { "websocket-handshake-burst", "0", 0 },
        { "websocket-handshake-burst", "20", 20 },
        { "websocket-handshake-queue", "5", 5 },
        { "websocket-handshake-queue-timeout", "500ms", TimeSpan.FromMilliseconds(500) },
        { "websocket-ping-interval", "0", TimeSpan.Zero },
        { "websocket-ping-interval", "25s", TimeSpan.FromSeconds(25) },
        { "websocket-ping-timeout", "90s", TimeSpan.FromSeconds(90) },
        { "websocket-ping-to", "client", PingTarget.Client },
        { "websocket-max-message-size", "0", 0L },
        { "websocket-max-message-size", "1Mi", 1L << 20 },
        { "websocket-max-message-size-from-pod", "64Ki", 65536L },
        { "websocket-message-rate", "0", 0.0 },
        { "websocket-message-rate", "20/s", 20.0 },
        { "websocket-message-burst", "50", 50 },
        { "websocket-byte-rate", "64Ki", 65536L },
        { "websocket-rate-exceeded", "close", RateExceeded.Close },
        { "websocket-slow-consumer-timeout", "30s", TimeSpan.FromSeconds(30) },
        { "slow-start", "0", TimeSpan.Zero },
        { "slow-start", "1m30s", TimeSpan.FromSeconds(90) },
        { "drain", "wait", DrainMode.Wait },
        { "drain-window", "10m", TimeSpan.FromMinutes(10) },
        { "drain-close-code", "4999", (ushort)4999 },
        { "on-route-removed", "close", RouteRemoval.Close },
    };

    public static TheoryData<string, string> Refused()
    {
        var durations = new[] { "30", "30 s", "1.5h", "-1s", "+1s", "1d", "1S", "m", "1m1h", "1s1s", "99999999999999s", "8761h", "1h 1m", "0x1s", "infinite" };
        var data = new TheoryData<string, string>();
        void Add(string name, params string[] values)
        {
            foreach (var value in values.Concat(NeverAllowed))
            {
                data.Add(name, value);
            }
        }

        Add("load-balancing", "fastest", "Random", "power_of_two", "random,random");
        Add("hash-by", "ip", "header", "header:", "header:X Y", "cookie:a=b", "client-ip:x", "PATH", "header:" + new string('x', 129));
        Add("affinity", "Cookie", "on", "ip");
        Add("affinity-cookie-name", "a b", "a;b", "a=b", "a,b", "a\tb", new string('x', 129));
        Add("affinity-cookie-path", "chat", "/a;b", "/a b", "/" + new string('x', 1024), "https://x/");
        Add("affinity-cookie-domain", "..example.com", "a b", "10.0.0.1:80", "ex_ample.com", "*.example.com", "10.0.0.1");
        Add("affinity-cookie-max-age", [.. durations, "999ms"]);
        Add("affinity-cookie-samesite", "off", "Lax; Secure");
        Add("affinity-cookie-secure", "yes", "1", "0", "t");
        Add("backend-protocol", "HTTP", "ws", "wss", "HTTPS", "h2", "tcp", "fcgi", "grpcs");
        Add("backend-tls-verify", "yes", "1", "required");
        Add("backend-tls-server-name", "*.example.com", "a b", "a:443", "a..b", "10.0.0.1", "::1", new string('a', 64));
        Add("backend-tls-ca-secret", "other/ca", "CA", "a_b", "../ca");
        Add("connect-timeout", [.. durations, "0", "0s", "11m"]);
        Add("rewrite-target", "new", "https://x/", "/a?b=c", "/a#b", "/a b", "/$", "/$0", "/$x", "/%", "/%2", "/%zz", "/" + new string('x', 1024));
        Add("use-regex", "yes", "regex", "1");
        Add("ssl-redirect", "yes", "308", "1");
        Add("request-timeout", durations);
        Add("max-body-size", "1m", "1MB", "1K", "1.5Mi", "-1", "+1", "Mi", "1 Mi", "1025Gi", "99999999999999999999", "0x10", "1Ti");
        Add("allow-cidrs", "10.0.0.0/33", "10.0.0", "10.0.0.0/8,", ",", "10.0.0.0/08", "10.0.0.0/-1", "010.0.0.1", "::1/129", "fe80::1%eth0", "[::1]", "example.com", "10.0.0.0/8;10.0.0.0/8", "10.0.0.0/");
        Add("deny-cidrs", "10.0.0.0/33", "all", "any", "*", "10.0.0.1-10.0.0.9", "10.0.0.0 10.0.0.1");
        Add("websocket", "yes", "1", "disabled");
        Add("websocket-idle-timeout", durations);
        Add("websocket-handshake-timeout", [.. durations, "0", "11m"]);
        Add("websocket-max-age", durations);
        Add("max-connections", "-1", "+1", "1e3", "1.0", "1000000001", "99999999999", "many", "10k");
        Add("max-connections-per-client", "-1", "+1", "one", "1000000001");
        Add("max-connections-per-key", "-1", "+1", "one", "1000000001");
        Add("connection-key", "path", "ip", "header", "header:", "cookie:a=b", "user");
        Add("websocket-ping-interval", [.. durations, "999ms", "25h"]);
        Add("websocket-ping-timeout", [.. durations, "0", "1s", "25h"]);
        Add("websocket-ping-to", "server", "Client", "none", "client,pod");
        Add("websocket-max-message-size", "1.5Mi", "-1", "1MB", "1025Gi", "1 Mi");
        Add("websocket-max-message-size-from-pod", "1.5Mi", "-1", "1MB", "1025Gi");
        Add("websocket-message-rate", "fast", "-1", "20/h", "1.5/s", "1000001/s", "20 /s");
        Add("websocket-message-burst", "-1", "1.5", "50/s", "1000000001");
        Add("websocket-byte-rate", "64Ki/s", "-1", "1.5Mi", "1025Gi");
        Add("websocket-rate-exceeded", "drop", "Delay", "1008");
        Add("websocket-slow-consumer-timeout", [.. durations, "500ms", "25h"]);
        Add("websocket-handshake-rate", "-1", "1.5", "200/h", "/s", "200/", "200 /s", "1000001", "many/s");
        Add("websocket-handshake-rate-per-pod", "-1", "1e3", "200/h", "1000001/s", "99999999999");
        Add("websocket-handshake-burst", "-1", "1.5", "1s", "1000000001");
        Add("websocket-handshake-queue", "-1", "1.5", "none", "1000000001");
        Add("websocket-handshake-queue-timeout", "0", "1", "11m", "-1s", "1d");
        Add("slow-start", "1", "25h", "-1s", "1d", "on");
        Add("max-connections-per-pod", "-1", "+1", "1,000", "1000000001");
        Add("drain", "Spread", "on", "off", "none");
        Add("drain-window", [.. durations, "0", "25h"]);
        Add("drain-close-code", "999", "1004", "1005", "1006", "1015", "2999", "5000", "65536", "0x3f4", "+1012", "1e3", "restart");
        Add("on-route-removed", "Keep", "on", "wait", "cut");
        return data;
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public void An_allowed_value_is_read(string name, string text, object expected)
    {
        var (set, problems) = Read(name, text);
        Assert.Empty(problems);
        Assert.Null(set.BrokenGuard);
        Assert.Equal(expected, Annotated(name).Parse(text.Trim(), out _));
        Assert.True(set.Has(Annotated(name)));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_refused_value_is_a_problem_that_says_what_is_allowed(string name, string text)
    {
        var annotation = Annotated(name);
        var (set, problems) = Read(name, text);
        var problem = Assert.Single(problems);
        Assert.Equal(ProblemReason.InvalidAnnotation, problem.Reason);
        Assert.Equal(ProblemSeverity.Error, problem.Severity);
        Assert.Equal($"metadata.annotations[wsingress.io/{name}]", problem.Field);
        Assert.Equal(annotation.AllowedText, problem.Allowed);
        Assert.Contains(problem.Allowed, problem.Message, StringComparison.Ordinal);
        Assert.False(set.Has(annotation));
        Assert.Equal(annotation.GuardsAccess ? annotation : null, set.BrokenGuard);
    }

    [Fact]
    public void Every_annotation_has_allowed_and_refused_values_here()
    {
        var names = AnnotationCatalogue.All.Select(a => a.Name[AnnotationCatalogue.Prefix.Length..]).ToHashSet();
        var allowed = Allowed().Select(r => r.Data.Item1).Append("allow-cidrs").Append("deny-cidrs").ToHashSet();
        Assert.Equal(names, allowed);
        Assert.Equal(names, Refused().Select(r => r.Data.Item1).ToHashSet());
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("10.255.255.255/9", "10.128.0.0/9")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("::1", "::1/128")]
    [InlineData("2001:DB8:0::1/33", "2001:db8::/33")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3/32")]
    [InlineData("::ffff:10.1.2.3/104", "10.0.0.0/8")]
    [InlineData(" 10.0.0.0/8 ,\t192.0.2.1 ", "10.0.0.0/8 192.0.2.1/32")]
    [InlineData("10.0.0.0/8,10.9.9.9/8", "10.0.0.0/8")]
    public void Networks_lose_their_host_bits_and_their_doubles(string text, string expected)
    {
        foreach (var name in new[] { "allow-cidrs", "deny-cidrs" })
        {
            var (_, problems) = Read(name, text);
            Assert.Empty(problems);
            var networks = Assert.IsType<ImmutableArray<IPNetwork>>(Annotated(name).Parse(text, out _));
            Assert.Equal(expected, string.Join(' ', networks));
        }
    }

    [Fact]
    public void A_list_of_networks_has_at_most_1000_items()
    {
        var thousand = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"10.0.{i / 256}.{i % 256}"));
        Assert.Empty(Read("allow-cidrs", thousand).Problems);
        var problem = Assert.Single(Read("allow-cidrs", thousand + ",10.9.9.9").Problems);
        Assert.Contains("more than 1000", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Value.Length <= ProblemText.MaxValue + 1);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(500, "500ms")]
    [InlineData(5_000, "5s")]
    [InlineData(5_400_000, "1h30m")]
    [InlineData(3_723_004, "1h2m3s4ms")]
    public void A_formatted_duration_reads_back(int milliseconds, string text)
    {
        var value = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(text, DurationText.Format(value));
        Assert.True(DurationText.Between(TimeSpan.FromMilliseconds(1), DurationText.Longest, zero: true)(text, out var read, out _));
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData("wsingress.io/websocket-idle-timout", "wsingress.io/websocket-idle-timeout")]
    [InlineData("wsingress.io/allow-cidr", "wsingress.io/allow-cidrs")]
    [InlineData("wsingress.io/web-socket", "wsingress.io/websocket")]
    [InlineData("wsingress.io/rebalance", null)]
    [InlineData("wsingress.io/x", null)]
    public void An_unknown_name_gets_the_nearest_known_one(string name, string? expected)
    {
        var problems = new List<Problem>();
        AnnotationReader.Read(new Dictionary<string, string> { [name] = "x" }, AnnotationTargets.Ingress, Web, problems);
        var problem = Assert.Single(problems);
        Assert.Equal((ProblemReason.UnknownAnnotation, ProblemSeverity.Warning), (problem.Reason, problem.Severity));
        Assert.Equal(expected, NearestName.Of(name));
        Assert.EndsWith(expected is null ? "in this version" : $"did you mean {expected}?", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_thousand_unknown_names_twenty_are_named()
    {
        var problems = new List<Problem>();
        AnnotationReader.Read(Enumerable.Range(0, 1000).Reverse().ToDictionary(i => $"wsingress.io/x{i:000}", _ => ""), AnnotationTargets.Ingress, Web, problems);

        Assert.Equal(
            [.. Enumerable.Range(0, 20).Select(i => $"metadata.annotations[wsingress.io/x{i:000}]"), "metadata.annotations"],
            problems.Select(p => p.Field));
        Assert.Contains("980 more", problems[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Annotations_of_others_are_none_of_our_business()
    {
        var problems = new List<Problem>();
        var set = AnnotationReader.Read(new Dictionary<string, string> { ["nginx.org/websocket-services"] = "x", ["wsingress.iox/websocket"] = "x" }, AnnotationTargets.Ingress, Web, problems);
        Assert.Empty(problems);
        Assert.True(set.IsEmpty);
    }

    private static ObjectReference Web => new("Ingress", "default", "web");

    private static Annotation Annotated(string name) => AnnotationCatalogue.ByName[AnnotationCatalogue.Prefix + name];

    private static (AnnotationSet Set, List<Problem> Problems) Read(string name, string text)
    {
        var problems = new List<Problem>();
        var annotations = new Dictionary<string, string> { [AnnotationCatalogue.Prefix + name] = text };
        return (AnnotationReader.Read(annotations, AnnotationTargets.Ingress, Web, problems), problems);
    }
}
