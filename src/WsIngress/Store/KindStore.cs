using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>
/// The objects of one kind, sorted by namespace and name. An object that did not change keeps its reference, and so does a list. A
/// Replace that changes little costs little: it is turned into the few single changes that it means.
/// </summary>
/// <param name="changed">Told of each single change, with the object before and after it; null is none.</param>
internal sealed class KindStore<T>(Action<T?, T?>? changed = null)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Each single change moves the rest of the list; past a few it is cheaper to sort once.</summary>
    private const int MostSingleChanges = 100;

    private readonly Dictionary<ObjectKey, T> _objects = [];

    /// <summary>The keys and objects again, in order; null while they must be sorted anew.</summary>
    private List<(ObjectKey Key, T Object)>? _sorted = [];
    private ImmutableArray<T> _list = [];
    private bool _listed = true;

    /// <summary>The list of the last Replace while nothing else has changed since; default when something has.</summary>
    private ImmutableArray<IKubernetesObject<V1ObjectMeta>> _replaced;

    /// <summary>The same array as before when nothing changed.</summary>
    public ImmutableArray<T> List()
    {
        if (!_listed)
        {
            _list = [.. Sorted().Select(entry => entry.Object)];
            _listed = true;
        }

        return _list;
    }

    /// <summary>True when the event changed something.</summary>
    public bool Apply(in StoreEvent change)
    {
        if (change.Type != StoreEventType.Replace || change.Namespace is not null || !change.Unread.IsDefaultOrEmpty)
        {
            _replaced = default;
        }

        var isChanged = change.Type switch
        {
            StoreEventType.Replace when change.Namespace is not null || !change.Unread.IsDefaultOrEmpty => ReplaceAll(change.Objects, change.Namespace, change.Unread),
            StoreEventType.Replace => Replace(change.Objects),
            StoreEventType.Upsert => Upsert(ObjectKey.Of(change.Objects[0]), (T)change.Objects[0]),
            _ => Delete(change.Key),
        };
        _listed &= !isChanged;
        return isChanged;
    }

    public T? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    private bool Replace(ImmutableArray<IKubernetesObject<V1ObjectMeta>> all)
    {
        var before = _replaced;
        _replaced = all;
        return before.IsDefault || !TryReplaceMiddle(before, all, out var isChanged) ? ReplaceAll(all) : isChanged;
    }

    /// <summary>Two lists of a folder are mostly the same objects in the same places: only what lies between their equal ends is looked at.</summary>
    private bool TryReplaceMiddle(ImmutableArray<IKubernetesObject<V1ObjectMeta>> before, ImmutableArray<IKubernetesObject<V1ObjectMeta>> all, out bool isChanged)
    {
        isChanged = false;
        var (old, found) = ListDifference.Between(before, all);
        if (old.Length + found.Length > MostSingleChanges)
        {
            return false;
        }

        var present = new HashSet<ObjectKey>(found.Length);
        foreach (var one in found)
        {
            present.Add(ObjectKey.Of(one));
        }

        foreach (var one in old)
        {
            isChanged |= !present.Contains(ObjectKey.Of(one)) && Delete(ObjectKey.Of(one));
        }

        foreach (var one in found)
        {
            isChanged |= Upsert(ObjectKey.Of(one), (T)one);
        }

        return true;
    }

    /// <summary>With a namespace, the objects of other namespaces stay as they are; the unread ones stay in any case.</summary>
    private bool ReplaceAll(ImmutableArray<IKubernetesObject<V1ObjectMeta>> all, string? @namespace = null, ImmutableArray<ObjectKey> unread = default)
    {
        var come = new List<(ObjectKey Key, T Object)>();
        var present = new HashSet<ObjectKey>(all.Length);
        foreach (var found in all)
        {
            var key = ObjectKey.Of(found);
            present.Add(key);
            if (!_objects.TryGetValue(key, out var old) || !ObjectEquality.Same(old, found))
            {
                come.Add((key, (T)found));
            }
        }

        if (!unread.IsDefaultOrEmpty)
        {
            present.UnionWith(unread.Where(_objects.ContainsKey));
        }

        var gone = present.Count == _objects.Count + come.Count(entry => !_objects.ContainsKey(entry.Key))
            ? []
            : _objects.Keys.Where(key => (@namespace is null || key.Namespace == @namespace) && !present.Contains(key)).ToList();

        if (come.Count + gone.Count > MostSingleChanges)
        {
            _sorted = null;
        }

        gone.ForEach(key => Delete(key));
        come.ForEach(entry => Upsert(entry.Key, entry.Object));
        return come.Count + gone.Count > 0;
    }

    private bool Upsert(ObjectKey key, T found)
    {
        if (_objects.TryGetValue(key, out var old) && ObjectEquality.Same(old, found))
        {
            return false;
        }

        _objects[key] = found;
        changed?.Invoke(old, found);
        if (_sorted is not null)
        {
            var at = IndexOf(key);
            if (old is not null)
            {
                _sorted[at] = (key, found);
            }
            else
            {
                _sorted.Insert(~at, (key, found));
            }
        }

        return true;
    }

    private bool Delete(ObjectKey key)
    {
        if (!_objects.Remove(key, out var old))
        {
            return false;
        }

        changed?.Invoke(old, null);
        _sorted?.RemoveAt(IndexOf(key));
        return true;
    }

    private List<(ObjectKey Key, T Object)> Sorted()
    {
        if (_sorted is null)
        {
            _sorted = [.. _objects.Select(entry => (entry.Key, entry.Value))];
            _sorted.Sort(ByKey.Instance);
        }

        return _sorted;
    }

    /// <summary>Index of the key, or the complement of where it belongs.</summary>
    private int IndexOf(ObjectKey key) => _sorted!.BinarySearch((key, null!), ByKey.Instance);

    private sealed class ByKey : IComparer<(ObjectKey Key, T Object)>
    {
        public static readonly ByKey Instance = new();

        public int Compare((ObjectKey Key, T Object) left, (ObjectKey Key, T Object) right) => left.Key.CompareTo(right.Key);
    }
}
