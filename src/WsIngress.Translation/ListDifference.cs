using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>What lies between the equal ends of two lists: objects that are gone and that came. An object that only moved is in both.</summary>
public readonly record struct ListDifference<T>(ImmutableArray<T> Gone, ImmutableArray<T> Come)
{
    public int Count => Gone.Length + Come.Length;

    public bool IsEmpty => Count == 0;
}

/// <summary>Compares lists of objects that keep their reference while they do not change: two comparisons for each object that stayed.</summary>
public static class ListDifference
{
    public static ListDifference<T> Between<T>(ImmutableArray<T> before, ImmutableArray<T> after)
        where T : class
    {
        if (before == after)
        {
            return new([], []);
        }

        var most = Math.Min(before.Length, after.Length);
        var head = 0;
        while (head < most && ReferenceEquals(before[head], after[head]))
        {
            head++;
        }

        var tail = 0;
        while (tail < most - head && ReferenceEquals(before[^(tail + 1)], after[^(tail + 1)]))
        {
            tail++;
        }

        return new(before[head..^tail], after[head..^tail]);
    }

    /// <summary>
    /// The same, object by object, for lists in the order of namespace and name: what stands between two changes is in neither list. Lists in
    /// another order are compared correctly, and tell more.
    /// </summary>
    public static ListDifference<T> Sorted<T>(ImmutableArray<T> before, ImmutableArray<T> after)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (before == after)
        {
            return new([], []);
        }

        var (gone, come) = SortedDifference.Between(before.AsSpan(), after.AsSpan(), static (a, b) => NameOrder.Instance.Compare(Name(a), Name(b)));
        return new([.. gone], [.. come]);
    }

    private static (string, string) Name(IKubernetesObject<V1ObjectMeta> found) => (found.Metadata?.NamespaceProperty ?? "", found.Metadata?.Name ?? "");
}
