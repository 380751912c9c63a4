using System.Net;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>What is kept of a handshake as long as its socket is open: smaller than it came, and the same when it is told.</summary>
public sealed class SocketFactsTests
{
    [Theory]
    [InlineData("00000000000000000000000000000000", "10.1.2.3")]
    [InlineData("0123456789abcdef0123456789abcdef", "203.0.113.255")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF", "2001:db8::1")]
    [InlineData("0123456789abcdef0123456789abcdeg", "::1")]
    [InlineData("short", "0.0.0.0")]
    public async Task Id_and_address_of_the_client_are_told_as_they_came(string requestId, string address)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });

        await using var socket = await RawHandshake.OpenAsync(proxy, headers: [("X-Request-ID", requestId), ("X-Forwarded-For", address)]);
        await proxy.Telemetry.WaitAsync(t => !t.Opened.IsEmpty);

        var facts = proxy.Telemetry.Opened.Single();
        Assert.Equal((requestId, IPAddress.Parse(address)), (facts.RequestId, facts.Client));
        Assert.Equal(("ws", "HTTP/1.1", "/"), (facts.Scheme, facts.Protocol, facts.Path));
    }

    [Fact]
    public async Task Sockets_of_a_route_hold_the_same_texts_once()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);

        await using var one = await RawHandshake.OpenAsync(proxy);
        await using var two = await RawHandshake.OpenAsync(proxy);
        await proxy.Telemetry.WaitAsync(t => t.Opened.Count == 2);

        var facts = proxy.Telemetry.Opened.ToArray();
        Assert.Same(facts[0].Host, facts[1].Host);
        Assert.Same(facts[0].Path, facts[1].Path);
        Assert.NotEqual(facts[0].RequestId, facts[1].RequestId);
    }
}
