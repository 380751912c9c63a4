using System.Collections.Immutable;
using WsIngress.Proxy.Balancing;
using WsIngress.Routing;

namespace WsIngress.Proxy.Live;

/// <summary>The backends of a table, sorted by key, each with its live state; immutable but for these states.</summary>
internal sealed class LiveBackends(ImmutableArray<Backend> source, BackendState[] states)
{
    public static readonly LiveBackends Empty = new([], []);

    public ImmutableArray<Backend> Source => source;

    public IReadOnlyList<BackendState> States => states;

    /// <summary>Null for one that the table does not have.</summary>
    public BackendState? Find(string key) => IndexOf(key) is var at and >= 0 ? states[at] : null;

    /// <summary>Those of the next table: a backend that stays keeps its state, and only those that changed are looked at.</summary>
    /// <param name="next">Sorted by key.</param>
    /// <param name="gone">States of backends that the next table does not have.</param>
    /// <param name="changed">Backends that are new or another object, with their states.</param>
    public LiveBackends With(ImmutableArray<Backend> next, out List<BackendState> gone, out List<(Backend Backend, BackendState State)> changed)
    {
        (gone, changed) = ([], []);
        if (next == source)
        {
            return this;
        }

        var all = new BackendState[next.Length];
        var old = 0;
        for (var i = 0; i < next.Length; i++)
        {
            if (old < source.Length && ReferenceEquals(source[old], next[i]))
            {
                all[i] = states[old++];
                continue;
            }

            var order = -1;
            while (old < source.Length && (order = string.CompareOrdinal(source[old].Key, next[i].Key)) < 0)
            {
                gone.Add(states[old++]);
            }

            all[i] = old < source.Length && order == 0 ? states[old++] : new(next[i]);
            changed.Add((next[i], all[i]));
        }

        gone.AddRange(states.AsSpan(old));
        return new(next, all);
    }

    /// <summary>The backend of a key as the table has it; null for none.</summary>
    public Backend? SourceOf(string key) => IndexOf(key) is var at and >= 0 ? source[at] : null;

    private int IndexOf(string key) => SortedPatch.IndexOf(source, key, static backend => backend.Key, StringComparer.Ordinal);
}
