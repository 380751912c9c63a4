namespace WsIngress.Translation;

/// <summary>
/// Puts items in the ordinal order of their keys by help of an earlier list that is in that order and has most of them: then most of it is a
/// walk through that list, and only what is new is sorted.
/// </summary>
internal static class KnownOrder
{
    /// <param name="items">By key.</param>
    /// <param name="before">Keys in ordinal order, each once.</param>
    public static List<KeyValuePair<string, T>> Of<T>(Dictionary<string, T> items, IEnumerable<string> before)
    {
        var known = new List<KeyValuePair<string, T>>(items.Count);
        foreach (var key in before)
        {
            if (items.TryGetValue(key, out var item))
            {
                known.Add(new(key, item));
            }
        }

        return known.Count == items.Count ? known : Merge(known, Others(items, known));
    }

    private static List<KeyValuePair<string, T>> Others<T>(Dictionary<string, T> items, List<KeyValuePair<string, T>> known)
    {
        var keys = new HashSet<string>(known.Count, StringComparer.Ordinal);
        foreach (var (key, _) in known)
        {
            keys.Add(key);
        }

        List<KeyValuePair<string, T>> others = [.. items.Where(item => !keys.Contains(item.Key))];
        others.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return others;
    }

    private static List<KeyValuePair<string, T>> Merge<T>(List<KeyValuePair<string, T>> known, List<KeyValuePair<string, T>> others)
    {
        var all = new List<KeyValuePair<string, T>>(known.Count + others.Count);
        var next = 0;
        foreach (var item in known)
        {
            while (next < others.Count && string.CompareOrdinal(others[next].Key, item.Key) < 0)
            {
                all.Add(others[next++]);
            }

            all.Add(item);
        }

        all.AddRange(others[next..]);
        return all;
    }
}
