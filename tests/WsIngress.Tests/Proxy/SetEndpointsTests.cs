using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Endpoints set past a table: the newer knowledge wins, whichever way it came, and a pod's live state outlives both ways.</summary>
public sealed class SetEndpointsTests
{
    private const string Key = "default/web:80";
    private readonly LiveTableHolder _live = new(new CertificateMap.Factory(DefaultCertificate.Create(TimeProvider.System), NullLogger.Instance));

    private string[] Addresses => [.. _live.Backends.Single().Endpoints.Select(e => e.Endpoint.Address)];

    private static Endpoint Pod(string address) => new() { Address = address, Port = 8080 };

    private static RoutingTable Table(params string[] addresses) =>
        new([], [new Backend { Key = Key, Namespace = "default", Service = "web", Endpoints = [.. addresses.Select(Pod)] }], []);

    [Fact]
    public void A_table_of_older_objects_does_not_take_newer_endpoints_back()
    {
        _live.Publish(Table("10.0.0.1"), asOf: 1);
        Assert.True(_live.SetEndpoints(Key, [Pod("10.0.0.2")], asOf: 5));

        _live.Publish(Table("10.0.0.1"), asOf: 4);
        Assert.Equal(["10.0.0.2"], Addresses);

        _live.Settle(Table("10.0.0.1"), asOf: 4);
        Assert.Equal(["10.0.0.2"], Addresses);
    }

    [Fact]
    public void A_table_of_the_same_or_newer_objects_decides()
    {
        _live.Publish(Table("10.0.0.1"), asOf: 1);
        _live.SetEndpoints(Key, [Pod("10.0.0.2")], asOf: 5);

        _live.Publish(Table("10.0.0.3"), asOf: 5);
        Assert.Equal(["10.0.0.3"], Addresses);

        _live.Settle(Table("10.0.0.4"), asOf: 9);
        Assert.Equal(["10.0.0.4"], Addresses);
    }

    /// <summary>What a slice says of a pod, its UID too, is its author's word.</summary>
    [Fact]
    public void No_namespace_touches_the_state_of_anothers_pods()
    {
        static Backend Of(string ns, bool terminating) =>
            new() { Key = $"{ns}/web:80", Namespace = ns, Service = "web", Endpoints = [Pod("10.0.0.1") with { PodUid = "uid-1", Terminating = terminating }] };
        _live.Publish(new RoutingTable([], [Of("a", terminating: false), Of("b", terminating: true)], []), asOf: 1);
        var (a, b) = (_live.Backends.Single(x => x.Namespace == "a").Endpoints.Single().State, _live.Backends.Single(x => x.Namespace == "b").Endpoints.Single().State);
        b.RequestTaken();

        Assert.Equal((PodPhase.Serving, PodPhase.Terminating), (a.Phase, b.Phase));
        Assert.Equal((0, 1), (a.Load, b.Load));
    }

    [Fact]
    public void A_backend_that_is_not_live_is_left_alone()
    {
        _live.Publish(Table("10.0.0.1"), asOf: 1);

        Assert.False(_live.SetEndpoints("default/other:80", [Pod("10.0.0.2")], asOf: 5));
        Assert.Equal(["10.0.0.1"], Addresses);
    }

    [Fact]
    public void A_pod_with_work_keeps_its_state_through_both_ways()
    {
        _live.Publish(Table("10.0.0.1", "10.0.0.2"), asOf: 1);
        var pod = _live.Backends.Single().Endpoints[0].State;
        pod.TryTakeSocket(0);

        _live.SetEndpoints(Key, [Pod("10.0.0.2")], asOf: 2);
        _live.Publish(Table("10.0.0.2"), asOf: 2);
        _live.SetEndpoints(Key, [Pod("10.0.0.1"), Pod("10.0.0.2")], asOf: 3);

        Assert.Same(pod, _live.Backends.Single().Endpoints[0].State);
        Assert.Equal(1, pod.OpenSockets);
    }
}
