using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;

namespace WsIngress.Store;

/// <summary>The objects of one kind, sorted by namespace and name. An object that did not change keeps its reference, and so does a list.</summary>
internal sealed class KindStore<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private SortedDictionary<ObjectKey, T> _objects = [];
    private ImmutableArray<T> _list = [];
    private bool _listed = true;

    /// <summary>The same array as before when nothing changed.</summary>
    public ImmutableArray<T> List()
    {
        if (!_listed)
        {
            _list = [.. _objects.Values];
            _listed = true;
        }

        return _list;
    }

    /// <summary>True when the event changed something.</summary>
    public bool Apply(in StoreEvent change)
    {
        var changed = change.Type switch
        {
            StoreEventType.Replace => Replace(change.Objects),
            StoreEventType.Upsert => Upsert(_objects, change.Objects[0]),
            _ => _objects.Remove(change.Key),
        };
        _listed &= !changed;
        return changed;
    }

    private bool Replace(ImmutableArray<IKubernetesObject<V1ObjectMeta>> all)
    {
        var next = new SortedDictionary<ObjectKey, T>();
        var changed = false;
        foreach (var found in all)
        {
            var key = ObjectKey.Of(found);
            if (_objects.TryGetValue(key, out var old) && ObjectEquality.Same(old, found))
            {
                next[key] = old;
            }
            else
            {
                next[key] = (T)found;
                changed = true;
            }
        }

        // No new key and as many as before: the same keys.
        changed |= next.Count != _objects.Count;
        _objects = next;
        return changed;
    }

    private static bool Upsert(SortedDictionary<ObjectKey, T> objects, IKubernetesObject<V1ObjectMeta> found)
    {
        var key = ObjectKey.Of(found);
        if (objects.TryGetValue(key, out var old) && ObjectEquality.Same(old, found))
        {
            return false;
        }

        objects[key] = (T)found;
        return true;
    }
}
