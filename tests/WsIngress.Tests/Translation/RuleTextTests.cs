using WsIngress.Routing;
using WsIngress.Translation;
using WsIngress.Translation.Backends;
using WsIngress.Translation.Rules;
using WsIngress.Translation.Tls;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>Hosts, paths, regexes and certificates, value by value.</summary>
public sealed class RuleTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("App.EXAMPLE.com", "app.example.com")]
    [InlineData("*.Example.com", "*.example.com")]
    [InlineData("*.com", "*.com")]
    [InlineData("xn--mnchen-3ya.example.com", "xn--mnchen-3ya.example.com")]
    [InlineData("999.1.1.1", "999.1.1.1")]
    [InlineData("0-0.example.com", "0-0.example.com")]
    public void A_valid_host_is_kept_in_lower_case(string? text, string expected)
    {
        Assert.True(HostName.TryParse(text, out var host, out _));
        Assert.Equal(expected, host);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("*example.com")]
    [InlineData("*.*.example.com")]
    [InlineData("a.*.example.com")]
    [InlineData("10.0.0.1")]
    [InlineData("1.2.3")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("a:80")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("-a.b")]
    [InlineData("a-.b")]
    [InlineData("a_b")]
    [InlineData("a b")]
    [InlineData(" a")]
    [InlineData("münchen.de")]
    [InlineData("http://a")]
    [InlineData("a/b")]
    [InlineData("*.10.0.0.1")]
    public void An_invalid_host_is_refused(string text)
    {
        Assert.False(HostName.TryParse(text, out var host, out var error));
        Assert.Empty(host);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("*.example.com", "a.example.com", true)]
    [InlineData("*.example.com", "*.example.com", true)]
    [InlineData("*.example.com", "a.b.example.com", false)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", ".example.com", false)]
    [InlineData("a.example.com", "A.example.com", true)]
    [InlineData("a.example.com", "*.example.com", false)]
    [InlineData("*.b.example.com", "*.example.com", false)]
    [InlineData("*.example.com", "*.b.example.com", false)]
    [InlineData("*.com", "*.example.com", false)]
    [InlineData("*", "a", false)]
    public void A_certificate_name_covers_a_host(string pattern, string host, bool expected) => Assert.Equal(expected, HostName.Covers(pattern, host));

    [Theory]
    [InlineData(null, PathMatchKind.Exact, "/")]
    [InlineData("", PathMatchKind.Prefix, "/")]
    [InlineData("/", PathMatchKind.Prefix, "/")]
    [InlineData("/foo/", PathMatchKind.Prefix, "/foo")]
    [InlineData("/foo/", PathMatchKind.Exact, "/foo/")]
    [InlineData("/foo/bar/", PathMatchKind.Prefix, "/foo/bar")]
    [InlineData("/%66oo", PathMatchKind.Exact, "/foo")]
    [InlineData("/a%2520b", PathMatchKind.Exact, "/a%20b")]
    [InlineData("/a%3Fb%23c", PathMatchKind.Exact, "/a?b#c")]
    [InlineData("/%e2%82%AC/€", PathMatchKind.Exact, "/€/€")]
    [InlineData("/😀%20", PathMatchKind.Exact, "/😀 ")]
    [InlineData("/...", PathMatchKind.Exact, "/...")]
    [InlineData("/.a/b.", PathMatchKind.Exact, "/.a/b.")]
    [InlineData("/a+b~c:d@e;f=g,h!$&'()", PathMatchKind.Exact, "/a+b~c:d@e;f=g,h!$&'()")]
    public void A_path_is_stored_as_requests_are_matched(string? text, PathMatchKind kind, string expected)
    {
        Assert.True(RulePath.TryParse(text, kind, out var match, out _));
        Assert.Equal(new PathMatch(kind, expected), match);
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("//")]
    [InlineData("/a//")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/./")]
    [InlineData("/a/..")]
    [InlineData("/%2e")]
    [InlineData("/a/%2E%2e/b")]
    [InlineData("/a/.%2e")]
    [InlineData("/%2F")]
    [InlineData("/a%5C..%5Cb")]
    [InlineData("/%")]
    [InlineData("/%1")]
    [InlineData("/%GG")]
    [InlineData("/%FF")]
    [InlineData("/%ED%A0%80")]
    [InlineData("/%00")]
    [InlineData("/a\nb")]
    [InlineData("/%7F")]
    [InlineData("/a?b")]
    [InlineData("/a#b")]
    [InlineData("/a\\b")]
    [InlineData("/a/..;x/b")]
    [InlineData("/.;")]
    [InlineData("/a%3B/%2e;")]
    [InlineData("/\uFFFD")]
    [InlineData("/%EF%BF%BD")]
    public void A_path_that_no_request_can_have_is_refused(string text)
    {
        Assert.False(RulePath.TryParse(text, PathMatchKind.Prefix, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        // An attribute cannot hold it.
        foreach (var text in new[] { "/" + (char)0xD800, "/" + (char)0xDC00 + "%20", "/%20" + (char)0xD800 })
        {
            Assert.False(RulePath.TryParse(text, PathMatchKind.Prefix, out _, out var error));
            Assert.Contains("surrogate", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/foo", 0)]
    [InlineData("/api(/|$)(.*)", 2)]
    [InlineData("/(?:a|b)/(c)", 1)]
    [InlineData("/(?<name>x)", 1)]
    public void A_regex_tells_its_captures(string pattern, int captures) => Assert.Equal(new RegexPath(captures, null), RegexPath.For(pattern));

    [Theory]
    [InlineData("/(")]
    [InlineData("/)")]
    [InlineData("/a)(b")]
    [InlineData("/[")]
    [InlineData("/a{2,1}")]
    [InlineData("/*+")]
    [InlineData("/(?=a)")]
    [InlineData("/(?!a)")]
    [InlineData("/(?<=a)b")]
    [InlineData("/(a)\\1")]
    [InlineData("/(?>a)")]
    [InlineData("/(?(1)a|b)")]
    [InlineData("/\\Ga")]
    [InlineData("/(a{1000}){1000}")]
    public void A_regex_that_the_engine_does_not_have_is_refused(string pattern) => Assert.NotNull(RegexPath.For(pattern).Error);

    [Fact]
    public void A_secret_is_read_once_for_as_long_as_it_is_the_same_object()
    {
        var yaml = new GoldenCase("tls-secret-covers-its-host").Yaml;
        var (first, second) = (Manifests.Read(yaml).Secrets[0], Manifests.Read(yaml).Secrets[0]);
        Assert.Same(TlsSecret.For(first), TlsSecret.For(first));
        Assert.NotSame(TlsSecret.For(first), TlsSecret.For(second));
        Assert.Equal(TlsSecret.For(first).Fingerprint, TlsSecret.For(second).Fingerprint);
        Assert.Equal(64, TlsSecret.For(first).Fingerprint.Length);
    }

    [Theory]
    [InlineData("backend.example.org", true)]
    [InlineData("Backend.Example.org.", true)]
    [InlineData("db", true)]
    [InlineData("localhost.example.org", true)]
    [InlineData("192.0.2.1", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("a..b", false)]
    [InlineData("LOCALHOST", false)]
    [InlineData("localhost.", false)]
    [InlineData("x.localhost", false)]
    [InlineData("127.0.0.1.", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("127.1", false)]
    [InlineData("0177.0.0.1", false)]
    [InlineData("0x7f000001", false)]
    [InlineData("2130706433", false)]
    [InlineData("0", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("a b", false)]
    [InlineData("a:80", false)]
    public void An_external_name_never_leads_back_to_the_proxy(string name, bool allowed)
    {
        var service = new k8s.Models.V1Service { Spec = new() { Type = "ExternalName", ExternalName = name } };
        Assert.Equal(allowed, ExternalName.TryParse(service, 80, out var endpoint, out var error));
        Assert.Equal(allowed, error.Length == 0);
        Assert.Equal(allowed ? name.ToLowerInvariant().TrimEnd('.') : null, endpoint?.Address);
    }

    [Theory]
    [InlineData("spec.rules[2]", "spec.rules[10]", -1)]
    [InlineData("spec.rules[10].a", "spec.rules[10]", 1)]
    [InlineData("a", "b", -1)]
    [InlineData("a1", "a1", 0)]
    [InlineData("a", "", 1)]
    public void Fields_are_ordered_as_a_reader_counts(string a, string b, int expected)
    {
        Assert.Equal(expected, Math.Sign(FieldOrder.Compare(a, b)));
        Assert.Equal(-expected, Math.Sign(FieldOrder.Compare(b, a)));
    }
}
