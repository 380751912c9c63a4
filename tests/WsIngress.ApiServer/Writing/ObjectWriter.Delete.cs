using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>DELETE: preconditions, finalizers, and what a namespace takes with it.</summary>
internal sealed partial class ObjectWriter
{
    /// <summary>DELETE. Answers the object when a finalizer holds it, null when it is gone.</summary>
    public (StoredObject Gone, JsonObject? Held) Delete(ResourceKind kind, string ns, string name, JsonObject? options, bool dryRun)
    {
        lock (store.Gate)
        {
            var present = store.Find(kind, ns, name) ?? throw ApiFailure.NotFound(kind, name);
            CheckPreconditions(present, options?["preconditions"] as JsonObject);
            if (present.Metadata["finalizers"] is JsonArray { Count: > 0 })
            {
                return (present, present.Metadata.ContainsKey("deletionTimestamp") || dryRun ? present.Clone() : Mark(present));
            }

            if (!dryRun)
            {
                Remove(present);
            }

            return (present, null);
        }
    }

    private void Remove(StoredObject present)
    {
        if (present.Kind.Plural == "namespaces")
        {
            foreach (var inside in ResourceKind.All.Where(k => k.Namespaced).SelectMany(k => store.Read(k).Objects).Where(o => o.Namespace == present.Name))
            {
                store.Remove(inside);
            }
        }

        store.Remove(present);
    }

    private JsonObject Mark(StoredObject present)
    {
        var json = present.Clone();
        var metadata = json["metadata"]!.AsObject();
        metadata["deletionTimestamp"] = Now();
        metadata["deletionGracePeriodSeconds"] = 0;
        if (present.Kind.CountsGeneration)
        {
            metadata["generation"] = (long)metadata["generation"]! + 1;
        }

        return store.Put(present.Kind, json).Clone();
    }

    private static void CheckPreconditions(StoredObject present, JsonObject? preconditions)
    {
        var uid = (string)present.Metadata["uid"]!;
        if ((string?)preconditions?["uid"] is { } wanted && wanted != uid)
        {
            throw ApiFailure.PreconditionFailed(present.Kind, present.Name, $"the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated");
        }

        if ((string?)preconditions?["resourceVersion"] is { } version && version != present.Version.ToString())
        {
            throw ApiFailure.PreconditionFailed(present.Kind, present.Name, $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({present.Version}). The object might have been modified");
        }
    }
}
