using System.Collections.Immutable;

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
}
