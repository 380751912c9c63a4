using FsCheck;
using FsCheck.Fluent;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Routing;

public sealed class PathNormalizerTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/b/", "/a/b/")]
    [InlineData("//a///b//", "/a/b/")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/.", "/a/b/")]
    [InlineData("/./", "/")]
    [InlineData("/a/..", "/")]
    [InlineData("/.well-known/x", "/.well-known/x")]
    [InlineData("/a...b/..c", "/a...b/..c")]
    [InlineData("/%61dmin", "/admin")]
    [InlineData("/public/%2e%2e/admin", "/admin")]
    [InlineData("/public/%2E./admin", "/admin")]
    [InlineData("/public/..%2fadmin", "/admin")]
    [InlineData("/admin%2Fpanel", "/admin/panel")]
    [InlineData("/public%2f%2e%2e%2Fadmin", "/admin")]
    [InlineData("/public%5c..%5Cadmin", "/admin")]
    [InlineData(@"/public\..\admin", "/admin")]
    [InlineData("/%252e%252e/admin", "/%2e%2e/admin")]
    [InlineData("/caf%C3%A9", "/café")]
    [InlineData("/%F0%9F%98%80", "/😀")]
    [InlineData("/bad%FFbyte", "/bad\ufffdbyte")]
    [InlineData("/a%20b;v=1", "/a b;v=1")]
    [InlineData("/a%3Fb%23c", "/a?b#c")]
    public void Every_spelling_of_a_path_has_one_normal_form(string path, string normal)
    {
        Assert.Equal(normal, PathNormalizer.Normalize(path, out var refusal));
        Assert.Equal(PathRefusal.None, refusal);
    }

    [Theory]
    [InlineData("", PathRefusal.NotAbsolute)]
    [InlineData("a", PathRefusal.NotAbsolute)]
    [InlineData("*", PathRefusal.NotAbsolute)]
    [InlineData("/..", PathRefusal.AboveRoot)]
    [InlineData("/a/../../b", PathRefusal.AboveRoot)]
    [InlineData("/%2e%2e/b", PathRefusal.AboveRoot)]
    [InlineData("/%", PathRefusal.BadEscape)]
    [InlineData("/%4", PathRefusal.BadEscape)]
    [InlineData("/%zz", PathRefusal.BadEscape)]
    [InlineData("/a%00b", PathRefusal.ControlCharacter)]
    [InlineData("/a%0d%0ab", PathRefusal.ControlCharacter)]
    [InlineData("/a\tb", PathRefusal.ControlCharacter)]
    [InlineData("/a%7f", PathRefusal.ControlCharacter)]
    [InlineData("/public/..;/admin", PathRefusal.DotSegmentParameter)]
    [InlineData("/public/%2e%2e;x=1/admin", PathRefusal.DotSegmentParameter)]
    [InlineData("/.;/admin", PathRefusal.DotSegmentParameter)]
    public void A_path_on_which_servers_disagree_is_refused(string path, PathRefusal expected)
    {
        Assert.Null(PathNormalizer.Normalize(path, out var refusal));
        Assert.Equal(expected, refusal);
    }

    [Fact]
    public void A_normal_form_has_no_dot_segment_and_no_empty_one_and_is_its_own_normal_form_unless_it_holds_an_escape()
    {
        var piece = Gen.Elements("/", "//", ".", "..", "a", "%2e", "%2F", "%5c", "\\", "b", ";", "%41", "é");
        var path = from count in Gen.Choose(0, 14) from parts in piece.ListOf(count) select "/" + string.Concat(parts);

        Prop.ForAll(path.ToArbitrary(), text =>
        {
            var normal = PathNormalizer.Normalize(text, out var refusal);
            Assert.Equal(normal is null, refusal != PathRefusal.None);
            if (normal is null)
            {
                return;
            }

            Assert.StartsWith("/", normal);
            Assert.True(normal.Length <= text.Length);
            var segments = normal.Split('/')[1..];
            Assert.DoesNotContain(segments, s => s is "." or "..");
            Assert.DoesNotContain(segments[..^1], s => s.Length == 0);
            Assert.Equal(normal, PathNormalizer.Normalize(normal, out _));
            Assert.True(!PathNormalizer.IsNormal(text) || text == normal, text);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("example.com:8080", "example.com")]
    [InlineData("example.com.", "example.com")]
    [InlineData("example.com.:80", "example.com")]
    [InlineData("[::1]:8080", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("", "")]
    public void The_host_is_taken_out_of_an_authority(string authority, string host) =>
        Assert.Equal(host, HostText.WithoutPort(authority).ToString());
}
