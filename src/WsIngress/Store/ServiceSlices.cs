using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>The EndpointSlices of each Service, kept in step with the store one change at a time.</summary>
internal sealed class ServiceSlices
{
    private readonly Dictionary<ObjectKey, List<V1EndpointSlice>> _byService = [];

    /// <summary>Services whose slices changed since whoever follows them last cleared this.</summary>
    public HashSet<ObjectKey> Touched { get; } = [];

    public IReadOnlyList<V1EndpointSlice> Of(ObjectKey service) => _byService.TryGetValue(service, out var slices) ? slices : [];

    /// <summary>As <see cref="KindStore{T}"/> tells it.</summary>
    public void Change(V1EndpointSlice? before, V1EndpointSlice? after)
    {
        if (before is not null && ServiceOf(before) is { } left && _byService.TryGetValue(left, out var remaining))
        {
            Touched.Add(left);
            remaining.Remove(before);
            if (remaining.Count == 0)
            {
                _byService.Remove(left);
            }
        }

        if (after is not null && ServiceOf(after) is { } entered)
        {
            Touched.Add(entered);
            if (!_byService.TryGetValue(entered, out var slices))
            {
                _byService[entered] = slices = new(1);
            }

            slices.Add(after);
        }
    }

    private static ObjectKey? ServiceOf(V1EndpointSlice slice) =>
        ServiceEndpoints.ServiceOf(slice) is var (ns, name) ? new ObjectKey(ns, name) : null;
}
