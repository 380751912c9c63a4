using System.Collections.Immutable;

namespace WsIngress.Routing;

/// <summary>Finds and changes single items of a long sorted list: what lies between them is copied in one piece and not looked at.</summary>
public static class SortedPatch
{
    /// <param name="before">Sorted by key, each key once.</param>
    /// <param name="changes">By key: what stands there now, null for nothing.</param>
    /// <param name="keyOf">The key of an item.</param>
    /// <returns>The same list when no item is another one.</returns>
    public static ImmutableArray<T> Apply<TKey, T>(ImmutableArray<T> before, SortedDictionary<TKey, T?> changes, Func<T, TKey> keyOf)
        where TKey : notnull
        where T : class
    {
        ImmutableArray<T>.Builder? after = null;
        var done = 0;
        foreach (var (key, item) in changes)
        {
            var at = IndexOf(before, key, keyOf, changes.Comparer, done);
            var (index, old) = at >= 0 ? (at, before[at]) : (~at, null);
            if (ReferenceEquals(old, item))
            {
                continue;
            }

            after ??= ImmutableArray.CreateBuilder<T>(before.Length + changes.Count);
            after.AddRange(before.AsSpan(done, index - done));
            if (item is not null)
            {
                after.Add(item);
            }

            done = old is null ? index : index + 1;
        }

        after?.AddRange(before.AsSpan()[done..]);
        return after?.DrainToImmutable() ?? before;
    }

    /// <summary>The item of a key; null for none.</summary>
    public static T? Find<TKey, T>(ImmutableArray<T> items, TKey key, Func<T, TKey> keyOf, IComparer<TKey> comparer)
        where T : class =>
        IndexOf(items, key, keyOf, comparer) is var at and >= 0 ? items[at] : null;

    /// <summary>Index of the key, or the complement of where it belongs.</summary>
    public static int IndexOf<TKey, T>(ImmutableArray<T> items, TKey key, Func<T, TKey> keyOf, IComparer<TKey> comparer, int from = 0)
    {
        var (low, high) = (from, items.Length - 1);
        while (low <= high)
        {
            var middle = low + ((high - low) >> 1);
            var order = comparer.Compare(keyOf(items[middle]), key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
