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

    [Fact]
    public void Of_two_entries_with_one_address_the_one_that_may_be_picked_stays()
    {
        for (var pair = 0; pair < 64; pair++)
        {
            var (one, two) = (Slice("10.0.0.1", Conditions(pair % 8)), Slice("10.0.0.1", Conditions(pair / 8)));
            var endpoint = Assert.Single(EndpointMerger.Merge(_service, "a", [one, two], _problems));
            Assert.Equal(IsEligible(pair % 8) || IsEligible(pair / 8), endpoint.Eligible);
            Assert.Equal(endpoint, Assert.Single(EndpointMerger.Merge(_service, "a", [two, one], _problems)));
        }
    }

    private static bool IsEligible(int bits) => Conditions(bits) is { Ready: true, Terminating: false };

    private static V1EndpointConditions Conditions(int bits) => new() { Ready = (bits & 1) != 0, Serving = (bits & 2) != 0, Terminating = (bits & 4) != 0 };

    private static V1EndpointSlice Slice(string address, V1EndpointConditions? conditions = null) => new()
    {
        Metadata = new() { Name = "echo-1", NamespaceProperty = "default" },
        AddressType = "IPv4",
        Ports = [new() { Name = "a", Port = 1 }, new() { Name = "b", Port = 2 }],
        Endpoints = [new() { Addresses = [address], Conditions = conditions }],
    };
}
