using WsIngress.Proxy.Http;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The HTTP clients toward the pods over the life of a process, in which settings come and go.</summary>
public sealed class PodClientsTests
{
    [Fact]
    public void Settings_that_nobody_uses_any_more_are_forgotten_and_those_in_use_keep_their_client()
    {
        using var clients = new PodClients();
        var inUse = clients.Get(BackendPolicy.Default, TimeSpan.FromHours(1), null);
        for (var i = 1; i <= 1000; i++)
        {
            clients.Get(BackendPolicy.Default, TimeSpan.FromMilliseconds(i), null);
            Assert.Same(inUse, clients.Get(BackendPolicy.Default, TimeSpan.FromHours(1), null));
            Assert.InRange(clients.Count, 1, PodClients.Many + 1);
        }
    }
}
