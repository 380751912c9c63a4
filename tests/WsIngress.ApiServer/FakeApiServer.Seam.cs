using System.Text.Json.Nodes;
using k8s;

namespace WsIngress.ApiServer;

/// <summary>What a test sees and does past the wire.</summary>
public sealed partial class FakeApiServer
{
    private Backup? _lastBackup;

    /// <summary>Present resourceVersion, one counter for all kinds.</summary>
    public long Revision => _store.Revision;

    /// <summary>All requests so far, oldest first.</summary>
    public IReadOnlyList<RequestRecord> Requests => _journal.Records;

    /// <summary>Forgets the requests so far.</summary>
    public void ClearRequests() => _journal.Clear();

    /// <summary>Creates or replaces an object, status included (an absent status keeps the stored one). Its namespace is made when missing.</summary>
    /// <param name="modelOrJsonText">A model of KubernetesClient, a JsonObject, or JSON text; needs kind and apiVersion (models fill them in).</param>
    /// <returns>The resourceVersion; that of before when nothing changed.</returns>
    /// <exception cref="ArgumentException">Not an object of a served kind, or refused by its checks.</exception>
    public string Apply(object modelOrJsonText)
    {
        var json = Models.ToJson(modelOrJsonText);
        var kind = Models.KindOf(json);
        if (kind.Namespaced && _options.CreateNamespaces)
        {
            MakeNamespace((string?)json["metadata"]?["namespace"] ?? "default");
        }

        try
        {
            return _writer.Arrange(kind, json).Version.ToString();
        }
        catch (ApiFailure failure)
        {
            throw new ArgumentException(failure.Message, nameof(modelOrJsonText), failure);
        }
    }

    /// <summary>Deletes an object, whatever its finalizers; false when there was none. <paramref name="ns"/> is null or "" outside namespaces.</summary>
    public bool Delete(string kindPlural, string? ns, string name)
    {
        lock (_store.Gate)
        {
            if (_store.Find(ResourceKind.Of(kindPlural), ns ?? "", name) is not { } stored)
            {
                return false;
            }

            _store.Remove(stored);
            return true;
        }
    }

    /// <summary>A copy of an object, or null.</summary>
    public JsonObject? Get(string kindPlural, string? ns, string name) => _store.Find(ResourceKind.Of(kindPlural), ns ?? "", name)?.Clone();

    /// <summary>An object as a model of KubernetesClient, or null.</summary>
    public T? Get<T>(string kindPlural, string? ns, string name)
        where T : class => Get(kindPlural, ns, name) is { } json ? KubernetesJson.Deserialize<T>(json.ToJsonString()) : null;

    /// <summary>Copies of all objects of a kind, ordered by namespace and name.</summary>
    public IReadOnlyList<JsonObject> List(string kindPlural) => [.. _store.Read(ResourceKind.Of(kindPlural)).Objects.Select(o => o.Clone())];

    /// <summary>Open watches of a kind.</summary>
    public int Watchers(string kindPlural) => _store.Watches(ResourceKind.Of(kindPlural).Plural).Length;

    /// <summary>Waits until at least <paramref name="count"/> watches of the kind are open.</summary>
    /// <exception cref="TimeoutException">Not within the time (10 s unless told).</exception>
    public async Task WaitForWatchersAsync(string kindPlural, int count = 1, TimeSpan? timeout = null)
    {
        using var late = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(10));
        while (true)
        {
            var changed = _store.WatchesChanged.Next;
            var open = Watchers(kindPlural);
            if (open >= count)
            {
                return;
            }

            try
            {
                await changed.WaitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{open} watches of {kindPlural} are open, {count} were expected. Last requests: {string.Join("; ", Requests.TakeLast(10))}");
            }
        }
    }

    /// <summary>Sends a bookmark to all watches that take them.</summary>
    public void SendBookmarks(string? kindPlural = null) => _store.Bookmark(_store.Watches(kindPlural));

    /// <summary>Forgets all changes: watches and continue tokens of older versions expire with 410. Open watches go on.</summary>
    public void Compact(string? kindPlural = null)
    {
        _store.Skip();
        _store.Forget(kindPlural);
    }

    /// <summary>Moves the revision on, as writes to kinds do that nobody watches.</summary>
    public void SkipRevisions(long count) => _store.Skip(count);

    /// <summary>Keeps the present state for <see cref="RestartAsync"/> with a lower revision.</summary>
    public Backup Backup() => _lastBackup = _store.Save();

    private void MakeNamespace(string name)
    {
        lock (_store.Gate)
        {
            var kind = ResourceKind.Of("namespaces");
            if (_store.Find(kind, "", name) is null)
            {
                _writer.Create(kind, "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, dryRun: false);
            }
        }
    }
}
