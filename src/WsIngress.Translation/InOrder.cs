using System.Collections.Immutable;

namespace WsIngress.Translation;

/// <summary>Sorts what is mostly sorted already: the objects of a snapshot come in order, and so does most of what is made of them.</summary>
internal static class InOrder
{
    public static void Sort<T>(ImmutableArray<T>.Builder items, Comparison<T> compare)
    {
        for (var i = 1; i < items.Count; i++)
        {
            if (compare(items[i - 1], items[i]) > 0)
            {
                items.Sort(compare);
                return;
            }
        }
    }

    public static void Sort<T>(T[] items, IComparer<T> comparer)
    {
        for (var i = 1; i < items.Length; i++)
        {
            if (comparer.Compare(items[i - 1], items[i]) > 0)
            {
                Array.Sort(items, comparer);
                return;
            }
        }
    }
}
