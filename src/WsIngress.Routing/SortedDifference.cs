namespace WsIngress.Routing;

/// <summary>
/// Compares two lists in the order of one key whose items keep their reference while they do not change: one comparison of references for each item
/// that stayed. An item that another replaced under its key is in both results. Lists in another order are compared correctly, and tell more.
/// </summary>
public static class SortedDifference
{
    public static (List<T> Gone, List<T> Come) Between<T>(ReadOnlySpan<T> before, ReadOnlySpan<T> after, Comparison<T> byKey)
        where T : class
    {
        var (gone, come) = (new List<T>(), new List<T>());
        var (old, found) = (0, 0);
        while (old < before.Length && found < after.Length)
        {
            if (ReferenceEquals(before[old], after[found]))
            {
                old++;
                found++;
                continue;
            }

            var order = byKey(before[old], after[found]);
            if (order <= 0)
            {
                gone.Add(before[old++]);
            }

            if (order >= 0)
            {
                come.Add(after[found++]);
            }
        }

        gone.AddRange(before[old..]);
        come.AddRange(after[found..]);
        return (gone, come);
    }
}
