using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using WsIngress.Tests.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Tables that follow each other share what did not change; nothing of that may show.</summary>
public sealed class LiveTableTests
{
    private readonly LiveTableHolder _live = new(new CertificateMap.Factory(DefaultCertificate.Create(TimeProvider.System), NullLogger.Instance));

    private static readonly VirtualHost Host = Tables.Host("a.example", Tables.Route("/") with { Backends = [new("n/s:80", 1, BackendPolicy.Default)] });

    private RouteState Route => Assert.IsType<RouteState>(_live.Current.Matcher.Match("a.example", "/", new RequestView()).State);

    [Fact]
    public void A_route_stays_the_same_object_while_its_host_does()
    {
        var backend = Backend("n/s:80", "10.0.0.1");
        _live.Publish(new([Host], [backend], []));
        var before = Route;
        _live.Publish(new([Host, Tables.Host("b.example", "/")], [Backend("n/a:80", "10.0.0.9"), backend], []));

        Assert.Same(before, Route);
        Assert.Same(_live.Backends.Single(b => b.Key == "n/s:80"), Route.Backends[0].Backend);
    }

    [Fact]
    public void A_backend_that_comes_after_the_route_that_names_it_is_found()
    {
        _live.Publish(new([Host], [], []));
        Assert.Empty(Route.Backends);

        _live.Publish(new([Host], [Backend("n/s:80", "10.0.0.1")], []));
        Assert.Equal("n/s:80", Route.Backends.Single().Backend.Key);
    }

    [Fact]
    public void A_backend_that_goes_before_the_route_that_names_it_gets_nothing_more()
    {
        _live.Publish(new([Host], [Backend("n/s:80", "10.0.0.1")], []));
        _live.Publish(new([Host], [], []));

        Assert.Empty(Route.Backends);
        Assert.Empty(_live.Backends);
    }

    [Fact]
    public void A_table_whose_backend_did_not_change_takes_back_what_was_set_past_it()
    {
        var backend = Backend("n/s:80", "10.0.0.1");
        _live.Publish(new([Host], [backend], []), asOf: 1);
        _live.SetEndpoints("n/s:80", [new Endpoint { Address = "10.0.0.2", Port = 80 }], asOf: 5);

        _live.Settle(_live.Current.Table, asOf: 4);
        Assert.Equal("10.0.0.2", Address());
        _live.Settle(_live.Current.Table, asOf: 6);
        Assert.Equal("10.0.0.1", Address());

        string Address() => _live.Backends.Single().Endpoints.Single().Endpoint.Address;
    }

    [Fact]
    public void A_pod_that_left_one_of_two_backends_keeps_its_state()
    {
        _live.Publish(new([], [Backend("n/a:80", "10.0.0.1"), Backend("n/b:80", "10.0.0.1")], []));
        var state = _live.Backends.First().Endpoints.Single().State;
        _live.Publish(new([], [Backend("n/b:80", "10.0.0.1")], []));
        _live.Publish(new([], [Backend("n/a:80", "10.0.0.1"), Backend("n/b:80", "10.0.0.1")], []));

        Assert.All(_live.Backends, backend => Assert.Same(state, backend.Endpoints.Single().State));
    }

    private static Backend Backend(string key, string address) =>
        new() { Key = key, Namespace = "n", Service = "s", Endpoints = ImmutableArray.Create(new Endpoint { Address = address, Port = 80 }) };
}
