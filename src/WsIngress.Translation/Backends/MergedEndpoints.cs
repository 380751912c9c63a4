using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using k8s.Models;
using WsIngress.Routing;

namespace WsIngress.Translation.Backends;

/// <summary>
/// The endpoints of one port, remembered for as long as its Service and each of its EndpointSlices are the same objects: a change
/// elsewhere must not pay for reading every address again.
/// </summary>
internal sealed class MergedEndpoints
{
    private static readonly ConditionalWeakTable<V1Service, MergedEndpoints> Known = [];

    private readonly string _portName;
    private readonly V1EndpointSlice[] _slices;
    private readonly ImmutableArray<Endpoint> _endpoints;
    private readonly ImmutableArray<Problem> _problems;

    // Another port of the same Service; Services have few.
    private readonly MergedEndpoints? _next;

    private MergedEndpoints(V1Service service, string portName, V1EndpointSlice[] slices, MergedEndpoints? next)
    {
        var problems = new List<Problem>();
        (_portName, _slices, _next) = (portName, slices, next);
        _endpoints = EndpointMerger.Merge(service, portName, slices, problems);
        _problems = [.. problems];
    }

    public static ImmutableArray<Endpoint> For(V1Service service, string portName, IReadOnlyList<V1EndpointSlice> slices, List<Problem> problems)
    {
        Known.TryGetValue(service, out var first);
        var merged = first;
        while (merged is not null && merged._portName != portName)
        {
            merged = merged._next;
        }

        if (merged is null || !merged.IsOf(slices))
        {
            // After a change of slices the other ports are stale as well.
            var others = first is not null && first.IsOf(slices) ? first : null;
            merged = new(service, portName, [.. slices], others);
            Known.AddOrUpdate(service, merged);
        }

        problems.AddRange(merged._problems);
        return merged._endpoints;
    }

    private bool IsOf(IReadOnlyList<V1EndpointSlice> slices)
    {
        if (slices.Count != _slices.Length)
        {
            return false;
        }

        for (var i = 0; i < _slices.Length; i++)
        {
            if (!ReferenceEquals(slices[i], _slices[i]))
            {
                return false;
            }
        }

        return true;
    }
}
