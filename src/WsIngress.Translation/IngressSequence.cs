using System.Collections.Immutable;
using k8s.Models;

namespace WsIngress.Translation;

/// <summary>
/// The Ingresses in the order in which they win, kept from snapshot to snapshot: a few that come or go move the rest, and nothing is sorted.
/// </summary>
internal sealed class IngressSequence
{
    /// <summary>More that come at once are sorted with all the others.</summary>
    private const int Few = 100;

    private ImmutableArray<V1Ingress> _source = [];
    private V1Ingress[] _ordered = [];

    /// <summary>Those of the snapshot; not to be changed.</summary>
    public V1Ingress[] Of(ImmutableArray<V1Ingress> ingresses)
    {
        var (gone, come) = ListDifference.Between(_source, ingresses);
        if (gone.Length + come.Length > 0)
        {
            // Between two changes that lie far apart stands much that is in both.
            var (old, found) = (gone.ToHashSet<V1Ingress>(ReferenceEqualityComparer.Instance), come.ToHashSet<V1Ingress>(ReferenceEqualityComparer.Instance));
            var fresh = come.Where(ingress => !old.Contains(ingress)).ToArray();
            old.ExceptWith(found);
            (_ordered, _source) = (fresh.Length <= Few && found.Count == come.Length ? Merge(old, fresh, ingresses.Length) : Sorted(ingresses), ingresses);
        }

        return _ordered;
    }

    private static V1Ingress[] Sorted(ImmutableArray<V1Ingress> ingresses)
    {
        var all = ingresses.ToArray();
        InOrder.Sort(all, IngressOrder.Instance);
        return all;
    }

    private V1Ingress[] Merge(HashSet<V1Ingress> gone, V1Ingress[] fresh, int count)
    {
        Array.Sort(fresh, IngressOrder.Instance);
        var all = new List<V1Ingress>(count);
        var next = 0;
        foreach (var stays in _ordered)
        {
            if (gone.Count > 0 && gone.Contains(stays))
            {
                continue;
            }

            while (next < fresh.Length && IngressOrder.Instance.Compare(fresh[next], stays) < 0)
            {
                all.Add(fresh[next++]);
            }

            all.Add(stays);
        }

        all.AddRange(fresh[next..]);
        return [.. all];
    }
}
