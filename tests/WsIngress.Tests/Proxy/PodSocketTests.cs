using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using WsIngress.Proxy.Http;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

public sealed class PodSocketTests
{
    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("8.8.8.8", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("::ffff:168.63.129.16", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fd00:ec2::255", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    public void A_resolved_name_is_dialled_only_at_a_remote_unicast_address(string address, bool dialled) =>
        Assert.Equal(dialled, AddressScope.IsRemoteUnicast(IPAddress.Parse(address)));

    /// <summary>The pod's own address passes no network policy, and on the node's network it is the node's.</summary>
    [Fact]
    public void An_address_of_this_machine_is_known_as_such()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork).ToArray();
        Assert.NotEmpty(own);
        Assert.All(own, address => Assert.True(PodSocket.IsOwn(address), address.ToString()));
        Assert.False(PodSocket.IsOwn(IPAddress.Parse("192.0.2.1")));
        Assert.False(PodSocket.IsOwn(IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public async Task A_name_that_resolves_to_this_host_is_refused_though_something_listens_there()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var error = await Assert.ThrowsAsync<SocketException>(() => PodSocket.ConnectAsync("localhost", port, CancellationToken.None));
        using var byAddress = await PodSocket.ConnectAsync("127.0.0.1", port, CancellationToken.None);

        Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode);
        Assert.True(byAddress.Connected);
    }
}
