using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Http;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The HTTP clients toward the pods over the life of a process, in which settings come and go.</summary>
public sealed class PodClientsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Settings_that_nobody_uses_any_more_are_forgotten_and_those_in_use_keep_their_client()
    {
        using var clients = new PodClients(_time);
        HttpMessageInvoker Get(int milliseconds) => clients.Get(BackendPolicy.Default, TimeSpan.FromMilliseconds(milliseconds), null);
        var inUse = Get(100_000);
        for (var i = 1; i <= 1000; i++)
        {
            Get(i);
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.Same(inUse, Get(100_000));
            Assert.InRange(clients.Count, 1, 13);
        }
    }

    [Fact]
    public void Many_settings_in_use_at_once_are_kept_though_another_comes()
    {
        using var clients = new PodClients(_time);
        HttpMessageInvoker[] All() => [.. Enumerable.Range(1, 200).Select(i => clients.Get(BackendPolicy.Default, TimeSpan.FromMilliseconds(i), null))];
        var all = All();
        _time.Advance(PodClients.Unused - TimeSpan.FromSeconds(1));
        clients.Get(BackendPolicy.Default, TimeSpan.FromHours(1), null);
        clients.Get(BackendPolicy.Default, TimeSpan.FromHours(2), null);

        Assert.Equal(all, All());
    }
}
