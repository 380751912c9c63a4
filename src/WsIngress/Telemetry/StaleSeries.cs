using Prometheus;
using WsIngress.Routing;

namespace WsIngress.Telemetry;

/// <summary>
/// Takes the series of Ingresses that are gone off the page: once no route of the table has their labels and no socket of theirs has been open for ten minutes, by
/// which time every scrape has their last value. Until then nothing of them moves but upward. Looked at when a page is made, one at a time.
/// </summary>
internal sealed class StaleSeries(TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly List<(Func<IEnumerable<string[]>> Labels, Action<string[]> Remove)> _families = [];
    private readonly Dictionary<RouteLabels, long> _idleSince = [];
    private RoutingTable? _table;
    private HashSet<RouteLabels> _routed = [];

    /// <param name="family">A family whose labels begin with namespace, ingress and service.</param>
    public void Add<T>(Collector<T> family)
        where T : ChildBase => _families.Add((family.GetAllLabelValues, family.RemoveLabelled));

    /// <param name="table">That is live.</param>
    /// <param name="open">Labels of open sockets.</param>
    /// <param name="known">Labels that something is remembered of beside the families.</param>
    /// <param name="forget">Forgets that too.</param>
    public void Collect(RoutingTable table, IReadOnlySet<RouteLabels> open, IEnumerable<RouteLabels> known, Action<RouteLabels> forget)
    {
        if (!ReferenceEquals(table, _table))
        {
            (_table, _routed) = (table, Routed(table));
        }

        var now = time.GetTimestamp();
        var all = _families.SelectMany(family => family.Labels()).Select(Of).Concat(known).ToHashSet();
        var stale = new HashSet<RouteLabels>();
        foreach (var labels in all)
        {
            if (_routed.Contains(labels) || open.Contains(labels))
            {
                _idleSince.Remove(labels);
            }
            else if (!_idleSince.TryGetValue(labels, out var since))
            {
                _idleSince.Add(labels, now);
            }
            else if (time.GetElapsedTime(since, now) >= Patience)
            {
                stale.Add(labels);
            }
        }

        if (stale.Count > 0)
        {
            Remove(stale, forget);
        }
    }

    private void Remove(HashSet<RouteLabels> stale, Action<RouteLabels> forget)
    {
        foreach (var (labels, remove) in _families)
        {
            foreach (var values in labels().Where(values => stale.Contains(Of(values))).ToArray())
            {
                remove(values);
            }
        }

        foreach (var labels in stale)
        {
            _idleSince.Remove(labels);
            forget(labels);
        }
    }

    /// <summary>What requests of the table's routes may be counted under, and requests that no route takes.</summary>
    private static HashSet<RouteLabels> Routed(RoutingTable table)
    {
        var services = table.Backends.ToDictionary(backend => backend.Key, backend => backend.Service, StringComparer.Ordinal);
        var routed = new HashSet<RouteLabels> { new("", "", "") };
        void Add(Route route)
        {
            routed.Add(new(route.Owner.Namespace, route.Owner.Name, ""));
            foreach (var backend in route.Backends)
            {
                routed.Add(new(route.Owner.Namespace, route.Owner.Name, services.GetValueOrDefault(backend.BackendKey, "")));
            }
        }

        foreach (var route in table.Hosts.SelectMany(host => host.Default is { } fallback ? host.Routes.Append(fallback) : host.Routes))
        {
            Add(route);
        }

        if (table.DefaultRoute is { } last)
        {
            Add(last);
        }

        return routed;
    }

    private static RouteLabels Of(string[] values) => new(values[0], values[1], values[2]);
}
