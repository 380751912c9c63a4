using WsIngress.Sources;
using WsIngress.Store;
using Xunit;

namespace WsIngress.Tests.Store;

public sealed class ObjectStoreTests
{
    private readonly ObjectStore _store = new();

    [Fact]
    public void Snapshots_are_sorted_by_namespace_and_name_whatever_the_order_of_the_events()
    {
        var other = Objects.Ingress("a");
        other.Metadata.NamespaceProperty = "zoo";
        _store.Apply(StoreEvent.Upsert(other));
        _store.Apply(StoreEvent.Upsert(Objects.Ingress("c")));
        _store.Apply(StoreEvent.Upsert(Objects.Ingress("B")));
        _store.Apply(StoreEvent.Upsert(Objects.Ingress("a")));

        Assert.Equal(["default/B", "default/a", "default/c", "zoo/a"], _store.TakeSnapshot().Ingresses.Select(found => ObjectKey.Of(found).ToString()));
    }

    [Fact]
    public void An_equal_object_of_a_folder_keeps_the_old_reference_and_makes_nothing_dirty()
    {
        var first = Objects.Ingress("a");
        Assert.True(_store.Apply(StoreEvent.Upsert(first)));
        var before = _store.TakeSnapshot();

        Assert.False(_store.Apply(StoreEvent.Upsert(Objects.Ingress("a"))));
        Assert.False(_store.Apply(StoreEvent.Replace(ObjectKind.Ingress, [Objects.Ingress("a")])));

        Assert.False(_store.IsDirty);
        var after = _store.TakeSnapshot();
        Assert.Same(first, after.Ingresses[0]);
        Assert.Equal(before.Ingresses, after.Ingresses);
    }

    [Fact]
    public void A_changed_object_is_dirty_and_lists_of_other_kinds_stay_the_same_array()
    {
        _store.Apply(StoreEvent.Upsert(Objects.Ingress("a")));
        _store.Apply(StoreEvent.Upsert(Objects.Secret("s", "x")));
        var before = _store.TakeSnapshot();

        Assert.True(_store.Apply(StoreEvent.Upsert(Objects.Secret("s", "y"))));
        Assert.True(_store.IsDirty);

        var after = _store.TakeSnapshot();
        Assert.True(before.Ingresses.Equals(after.Ingresses));
        Assert.False(before.Secrets.Equals(after.Secrets));
        Assert.False(_store.IsDirty);
    }

    [Fact]
    public void Objects_of_a_server_are_compared_by_their_version()
    {
        var first = Objects.Ingress("a", "one.example.com", version: "7");
        _store.Apply(StoreEvent.Upsert(first));

        Assert.False(_store.Apply(StoreEvent.Upsert(Objects.Ingress("a", "one.example.com", version: "7"))));
        Assert.True(_store.Apply(StoreEvent.Upsert(Objects.Ingress("a", "one.example.com", version: "8"))));
    }

    [Fact]
    public void The_same_version_of_a_recreated_object_is_another_object()
    {
        _store.Apply(StoreEvent.Upsert(Objects.Ingress("a", version: "7")));
        var recreated = Objects.Ingress("a", version: "7");
        recreated.Metadata.Uid = "another";

        Assert.True(_store.Apply(StoreEvent.Upsert(recreated)));
    }

    [Fact]
    public void Replace_takes_away_what_it_does_not_name()
    {
        _store.Apply(StoreEvent.Replace(ObjectKind.Ingress, [Objects.Ingress("a"), Objects.Ingress("b")]));

        Assert.True(_store.Apply(StoreEvent.Replace(ObjectKind.Ingress, [Objects.Ingress("b")])));
        Assert.Equal("b", Assert.Single(_store.TakeSnapshot().Ingresses).Metadata.Name);
    }

    [Fact]
    public void Replace_with_as_many_objects_of_other_names_is_a_change()
    {
        _store.Apply(StoreEvent.Replace(ObjectKind.Ingress, [Objects.Ingress("a")]));

        Assert.True(_store.Apply(StoreEvent.Replace(ObjectKind.Ingress, [Objects.Ingress("b")])));
        Assert.Equal("b", Assert.Single(_store.TakeSnapshot().Ingresses).Metadata.Name);
    }

    [Fact]
    public void Delete_takes_away_one_object_and_is_no_change_when_it_is_not_there()
    {
        _store.Apply(StoreEvent.Upsert(Objects.Ingress("a")));

        Assert.False(_store.Apply(StoreEvent.Delete(ObjectKind.Secret, new("default", "a"))));
        Assert.True(_store.Apply(StoreEvent.Delete(ObjectKind.Ingress, new("default", "a"))));
        Assert.Empty(_store.TakeSnapshot().Ingresses);
    }

    [Fact]
    public void Any_events_lead_to_what_a_plain_dictionary_holds()
    {
        var random = new Random(11);
        var model = new SortedDictionary<ObjectKey, string>();
        for (var round = 0; round < 2000; round++)
        {
            var ingress = Objects.Ingress("i" + random.Next(300), $"h{random.Next(3)}.example.com");
            var key = ObjectKey.Of(ingress);
            switch (random.Next(20))
            {
                case 0:
                    var all = Enumerable.Range(0, random.Next(300)).Select(i => Objects.Ingress("i" + i, $"h{random.Next(2)}.example.com")).ToList();
                    _store.Apply(StoreEvent.Replace(ObjectKind.Ingress, all));
                    model.Clear();
                    all.ForEach(found => model[ObjectKey.Of(found)] = found.Spec.Rules[0].Host);
                    break;
                case < 8:
                    Assert.Equal(model.Remove(key), _store.Apply(StoreEvent.Delete(ObjectKind.Ingress, key)));
                    break;
                default:
                    var isChange = !model.TryGetValue(key, out var host) || host != ingress.Spec.Rules[0].Host;
                    model[key] = ingress.Spec.Rules[0].Host;
                    Assert.Equal(isChange, _store.Apply(StoreEvent.Upsert(ingress)));
                    break;
            }

            Assert.Equal(model.Select(entry => $"{entry.Key} {entry.Value}"), _store.TakeSnapshot().Ingresses.Select(found => $"{ObjectKey.Of(found)} {found.Spec.Rules[0].Host}"));
        }
    }
}
