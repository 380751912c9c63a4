using k8s.Models;
using WsIngress.Translation;
using WsIngress.Translation.Backends;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>What is remembered per object must never outlive a change.</summary>
public sealed class MergedEndpointsTests
{
    private readonly V1Service _service = new() { Metadata = new() { Name = "echo", NamespaceProperty = "default" }, Spec = new() };
    private readonly List<Problem> _problems = [];

    [Fact]
    public void The_same_objects_give_the_same_array()
    {
        V1EndpointSlice[] slices = [Slice("10.0.0.1")];
        var first = MergedEndpoints.For(_service, "a", slices, _problems);
        Assert.Equal(first, MergedEndpoints.For(_service, "a", slices, _problems));
    }

    [Fact]
    public void Each_port_has_its_own_endpoints()
    {
        V1EndpointSlice[] slices = [Slice("10.0.0.1")];
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal([1], MergedEndpoints.For(_service, "a", slices, _problems).Select(e => e.Port));
            Assert.Equal([2], MergedEndpoints.For(_service, "b", slices, _problems).Select(e => e.Port));
            Assert.Empty(MergedEndpoints.For(_service, "c", slices, _problems));
        }
    }

    [Fact]
    public void A_slice_that_changes_comes_or_goes_is_seen_at_every_port()
    {
        var first = Slice("10.0.0.1");
        V1EndpointSlice[][] worlds = [[first], [Slice("10.0.0.2")], [first, Slice("10.0.0.3")], [first], [], [first]];
        string[][] expected = [["10.0.0.1"], ["10.0.0.2"], ["10.0.0.1", "10.0.0.3"], ["10.0.0.1"], [], ["10.0.0.1"]];
        for (var i = 0; i < worlds.Length; i++)
        {
            Assert.Equal(expected[i], MergedEndpoints.For(_service, "a", worlds[i], _problems).Select(e => e.Address));
            Assert.Equal(expected[i], MergedEndpoints.For(_service, "b", worlds[i], _problems).Select(e => e.Address));
        }
    }

    [Fact]
    public void Problems_are_told_each_time()
    {
        V1EndpointSlice[] slices = [Slice("nonsense")];
        MergedEndpoints.For(_service, "a", slices, _problems);
        MergedEndpoints.For(_service, "a", slices, _problems);
        Assert.Equal(2, _problems.Count);
        Assert.Equal(_problems[0], _problems[1]);
    }

    private static V1EndpointSlice Slice(string address) => new()
    {
        Metadata = new() { Name = "echo-1", NamespaceProperty = "default" },
        AddressType = "IPv4",
        Ports = [new() { Name = "a", Port = 1 }, new() { Name = "b", Port = 2 }],
        Endpoints = [new() { Addresses = [address] }],
    };
}
