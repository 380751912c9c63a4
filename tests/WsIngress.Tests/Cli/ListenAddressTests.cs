using System.Net;
using WsIngress.Cli;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("8080", "[::]:8080")]
    [InlineData("0", "[::]:0")]
    [InlineData("65535", "[::]:65535")]
    [InlineData("*:80", "[::]:80")]
    [InlineData("127.0.0.1:80", "127.0.0.1:80")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("LOCALHOST:80", "127.0.0.1:80")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("[::]:80", "[::]:80")]
    public void An_address_is_read(string text, string endPoint)
    {
        Assert.True(ListenAddress.TryParse(text, IPAddress.IPv6Any, out var address));
        Assert.False(address.IsOff);
        Assert.Equal(endPoint, address.ToEndPoint().ToString());
    }

    [Theory]
    [InlineData("off")]
    [InlineData("OFF")]
    public void Off_is_no_listener(string text)
    {
        Assert.True(ListenAddress.TryParse(text, IPAddress.Loopback, out var address));
        Assert.True(address.IsOff);
        Assert.Throws<InvalidOperationException>(() => address.ToEndPoint());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("+80")]
    [InlineData("65536")]
    [InlineData("http")]
    [InlineData(":80")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.1:80")]
    [InlineData("1:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("256.0.0.1:80")]
    [InlineData("::1:80")]
    [InlineData("[::1]")]
    [InlineData("[::1]80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[]:80")]
    [InlineData("example.com:80")]
    [InlineData("127.0.0.1:80:80")]
    public void Anything_else_is_refused(string text) =>
        Assert.False(ListenAddress.TryParse(text, IPAddress.Loopback, out _));

    [Fact]
    public void A_port_alone_binds_the_default_host()
    {
        Assert.True(ListenAddress.TryParse("9901", IPAddress.Loopback, out var address));
        Assert.Equal("127.0.0.1:9901", address.ToString());
        Assert.False(address.IsAllInterfaces);
    }

    [Fact]
    public void All_interfaces_are_shown_as_a_star() => Assert.Equal("*:8080", ListenAddress.AllInterfaces(8080).ToString());
}
