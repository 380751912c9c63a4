using System.Net;
using WsIngress.Proxy.Http;
using Xunit;

namespace WsIngress.Tests.Proxy;

public sealed class ForwardedHeaderTests
{
    private static readonly ForwardedHeaders Trusting = new(HeaderTests.Networks("10.0.0.0/8", "fd00::/8"));

    [Theory]
    [InlineData("10.0.0.1", "1.1.1.1", "1.1.1.1")]
    [InlineData("10.0.0.1", "1.1.1.1, 2.2.2.2", "2.2.2.2")]
    [InlineData("10.0.0.1", "1.1.1.1, 2.2.2.2, 10.9.9.9", "2.2.2.2")]
    [InlineData("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1")]
    [InlineData("10.0.0.1", "1.1.1.1, ::ffff:10.2.2.2", "1.1.1.1")]
    [InlineData("10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1")]
    [InlineData("10.0.0.1", "2001:db8::1, fd00::2", "2001:db8::1")]
    [InlineData("10.0.0.1", "1.1.1.1:5000", "1.1.1.1")]
    [InlineData("10.0.0.1", "[2001:db8::1]:5000", "2001:db8::1")]
    [InlineData("10.0.0.1", "6.6.6.6, unknown, 10.2.2.2", "10.2.2.2")]
    [InlineData("10.0.0.1", "unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 9, 10.2.2.2", "10.2.2.2")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1")]
    [InlineData("11.0.0.1", "1.1.1.1", "11.0.0.1")]
    [InlineData("::ffff:11.0.0.1", "1.1.1.1", "11.0.0.1")]
    public void The_client_is_the_rightmost_address_that_is_not_trusted(string peer, string chain, string client)
    {
        var values = Compute(peer, ("X-Forwarded-For", chain));

        Assert.Equal(IPAddress.Parse(client), values.ClientAddress);
    }

    /// <summary>A proxy that appends to the chain and leaves X-Real-IP alone passes both on as the client wrote them.</summary>
    [Theory]
    [InlineData("\x7f, 203.0.113.9", "10.0.0.1")]
    [InlineData(null, "10.0.0.5")]
    [InlineData("", "10.0.0.5")]
    public void An_address_alone_is_believed_only_where_there_is_no_chain(string? chain, string client)
    {
        (string, string)[] headers = chain is null ? [("X-Real-IP", "10.0.0.5")] : [("X-Forwarded-For", chain), ("X-Real-IP", "10.0.0.5")];

        Assert.Equal(IPAddress.Parse(client), Compute("10.0.0.1", headers).ClientAddress);
    }

    [Fact]
    public void A_client_cannot_hide_behind_a_chain_that_is_too_long()
    {
        var chain = string.Join(", ", Enumerable.Repeat("6.6.6.6", 2000)) + ", 9.9.9.9";

        var values = Compute("10.0.0.1", ("X-Forwarded-For", chain));

        Assert.Equal(IPAddress.Parse("9.9.9.9"), values.ClientAddress);
        Assert.EndsWith("6.6.6.6, 9.9.9.9, 10.0.0.1", values.For, StringComparison.Ordinal);
        Assert.InRange(values.For.Length, 100, 4200);
    }

    [Theory]
    [InlineData("https", "https", "443")]
    [InlineData("HTTPS", "https", "443")]
    [InlineData("wss", "https", "443")]
    [InlineData("ws", "http", "80")]
    [InlineData("https, http", "https", "443")]
    [InlineData("gopher", "http", "80")]
    public void A_trusted_scheme_is_taken_when_it_is_one(string sent, string proto, string port)
    {
        var values = Compute("10.0.0.1", ("X-Forwarded-Proto", sent));

        Assert.Equal(proto, values.Proto);
        Assert.Equal(port, values.Port);
    }

    [Theory]
    [InlineData("123456")]
    [InlineData("-1")]
    [InlineData("80,81")]
    [InlineData("")]
    public void A_trusted_port_that_is_none_is_replaced(string port)
    {
        Assert.Equal("80", Compute("10.0.0.1", ("X-Forwarded-Port", port)).Port);
    }

    [Fact]
    public void A_trusted_real_ip_stands_in_for_a_missing_chain()
    {
        var values = Compute("10.0.0.1", ("X-Real-IP", "::ffff:1.2.3.4"));

        Assert.Equal(IPAddress.Parse("1.2.3.4"), values.ClientAddress);
        Assert.Equal("1.2.3.4, 10.0.0.1", values.For);
    }

    [Fact]
    public void A_trusted_request_id_is_kept_up_to_128_characters()
    {
        Assert.Equal("abc", Compute("10.0.0.1", ("X-Request-ID", "abc")).RequestId);
        Assert.Equal(32, Compute("10.0.0.1", ("X-Request-ID", new string('a', 129))).RequestId.Length);
        Assert.Equal(32, Compute("11.0.0.1", ("X-Request-ID", "abc")).RequestId.Length);
    }

    [Theory]
    [InlineData("a.example", false, "80")]
    [InlineData("a.example", true, "443")]
    [InlineData("a.example:8443", true, "8443")]
    [InlineData("[::1]", true, "443")]
    [InlineData("[::1]:81", false, "81")]
    [InlineData("a.example:", false, "80")]
    public void The_port_is_that_of_the_host_or_of_the_scheme(string host, bool tls, string port)
    {
        var values = Trusting.Compute(IPAddress.Loopback, tls, host, _ => null);

        Assert.Equal(port, values.Port);
        Assert.Equal(host, values.Host);
    }

    private static ForwardedValues Compute(string peer, params (string Name, string Value)[] headers) =>
        Trusting.Compute(IPAddress.Parse(peer), false, "a.example", name => headers.FirstOrDefault(h => h.Name == name).Value);
}
