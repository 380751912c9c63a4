namespace WsIngress.Routing;

/// <summary>
/// Host names to their routes, immutable. The next map of a small change shares the dictionary of all names with this one and has only what
/// differs in one of its own, so that it is made in no time; a look-up then asks both. Any number of threads may ask.
/// </summary>
internal sealed class HostMap
{
    /// <summary>More differences than these are worth one dictionary again.</summary>
    private const int MostDifferences = 256;

    public static readonly HostMap Empty = new(new(StringComparer.OrdinalIgnoreCase), null);

    private readonly Dictionary<string, HostIndex> _all;
    private readonly Dictionary<string, HostIndex>.AlternateLookup<ReadOnlySpan<char>> _byName;

    /// <summary>Null stands for a name that is gone.</summary>
    private readonly Dictionary<string, HostIndex?>? _different;
    private readonly Dictionary<string, HostIndex?>.AlternateLookup<ReadOnlySpan<char>> _byDifferentName;

    private HostMap(Dictionary<string, HostIndex> all, Dictionary<string, HostIndex?>? different)
    {
        (_all, _different) = (all, different);
        _byName = all.GetAlternateLookup<ReadOnlySpan<char>>();
        _byDifferentName = different?.GetAlternateLookup<ReadOnlySpan<char>>() ?? default;
    }

    public HostIndex? Find(ReadOnlySpan<char> name)
    {
        if (_different is not null && _byDifferentName.TryGetValue(name, out var other))
        {
            return other;
        }

        return _byName.TryGetValue(name, out var index) ? index : null;
    }

    /// <param name="changes">Name and index, null for one that is gone; the last of a name counts.</param>
    public HostMap With(List<(string Name, HostIndex? Index)> changes)
    {
        if (changes.Count == 0)
        {
            return this;
        }

        if (changes.Count + (_different?.Count ?? 0) > MostDifferences)
        {
            return Whole(changes);
        }

        var different = _different is null ? new(StringComparer.OrdinalIgnoreCase) : new Dictionary<string, HostIndex?>(_different, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, index) in changes)
        {
            different[name] = index;
        }

        return new(_all, different);
    }

    private HostMap Whole(List<(string Name, HostIndex? Index)> changes)
    {
        var all = new Dictionary<string, HostIndex>(_all, StringComparer.OrdinalIgnoreCase);
        all.EnsureCapacity(all.Count + changes.Count);
        foreach (var (name, index) in (_different ?? []).Select(pair => (pair.Key, pair.Value)).Concat(changes))
        {
            if (index is null)
            {
                all.Remove(name);
            }
            else
            {
                all[name] = index;
            }
        }

        return new(all, null);
    }
}
