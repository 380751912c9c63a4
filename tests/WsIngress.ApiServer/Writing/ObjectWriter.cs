using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>The rules of writes: what the server sets itself, what it drops, what it refuses, and what changes nothing.</summary>
internal sealed partial class ObjectWriter(ObjectStore store, TimeProvider time)
{
    /// <summary>POST. <paramref name="dryRun"/> answers without storing.</summary>
    public JsonObject Create(ResourceKind kind, string ns, JsonObject body, bool dryRun)
    {
        lock (store.Gate)
        {
            var json = ObjectCheck.Body(kind, ns, null, body);
            var metadata = json["metadata"]!.AsObject();
            if (metadata["name"] is null && (string?)metadata["generateName"] is { Length: > 0 } prefix)
            {
                metadata["name"] = prefix + Guid.NewGuid().ToString("n")[..5];
            }

            var name = ObjectCheck.Name(kind, json);
            if (kind.Namespaced && store.Find(ResourceKind.Of("namespaces"), "", ns) is null)
            {
                throw ApiFailure.NotFound(ResourceKind.Of("namespaces"), ns);
            }

            if (store.Find(kind, ns, name) is not null)
            {
                throw ApiFailure.AlreadyExists(kind, name);
            }

            if (kind.HasStatus)
            {
                json.Remove("status");
            }

            ObjectValidation.Check(kind, json);
            return Insert(kind, json, dryRun);
        }
    }

    /// <summary>PUT of the main resource or of <c>/status</c>. The flag tells whether the object is new.</summary>
    public (JsonObject Json, bool Created) Replace(ResourceKind kind, string ns, string name, bool status, JsonObject body, bool dryRun)
    {
        lock (store.Gate)
        {
            var json = ObjectCheck.Body(kind, ns, name, body);
            ObjectCheck.Name(kind, json);
            if (store.Find(kind, ns, name) is not { } present)
            {
                return kind.PutCreates && !status ? (Create(kind, ns, body, dryRun), true) : throw ApiFailure.NotFound(kind, name);
            }

            if (kind.PutNeedsVersion && json["metadata"]!["resourceVersion"] is null)
            {
                throw ApiFailure.VersionMissing(kind, name);
            }

            return (Update(present, json, status, dryRun), false);
        }
    }

    /// <summary>PATCH by content type, of the main resource or of <c>/status</c>.</summary>
    public JsonObject Patch(ResourceKind kind, string ns, string name, bool status, string contentType, JsonNode patch, bool dryRun)
    {
        lock (store.Gate)
        {
            if (store.Find(kind, ns, name) is not { } present)
            {
                throw ApiFailure.NotFound(kind, name);
            }

            var patched = contentType switch
            {
                "application/merge-patch+json" when patch is JsonObject => MergePatch.Apply(present.Json, patch),
                "application/strategic-merge-patch+json" when patch is JsonObject changes => StrategicPatch.Apply(present.Json, changes),
                "application/json-patch+json" when patch is JsonArray operations => JsonPatch.Apply(present.Clone(), operations),
                "application/merge-patch+json" or "application/strategic-merge-patch+json" or "application/json-patch+json" =>
                    throw ApiFailure.BadRequest("error decoding patch: json: cannot unmarshal the body into a patch of this type"),
                _ => throw ApiFailure.UnsupportedMediaType(),
            };
            return Update(present, ObjectCheck.Body(kind, ns, name, patched as JsonObject ?? []), status, dryRun);
        }
    }

    /// <summary>Server-side apply without field owners: creates, or merges what is given. The flag tells whether the object is new.</summary>
    public (JsonObject Json, bool Created) ServerSideApply(ResourceKind kind, string ns, string name, bool status, JsonObject body, bool dryRun)
    {
        lock (store.Gate)
        {
            if (store.Find(kind, ns, name) is not { } present)
            {
                return status ? throw ApiFailure.NotFound(kind, name) : (Create(kind, ns, body, dryRun), true);
            }

            var merged = StrategicPatch.Apply(present.Json, body);
            return (Update(present, ObjectCheck.Body(kind, ns, name, merged), status, dryRun), false);
        }
    }

    /// <summary>Create or replace with everything as given, status too: how a test arranges the cluster.</summary>
    public StoredObject Arrange(ResourceKind kind, JsonObject body)
    {
        lock (store.Gate)
        {
            var ns = kind.Namespaced ? (string?)body["metadata"]?["namespace"] ?? "default" : "";
            var json = ObjectCheck.Body(kind, ns, null, body);
            json["metadata"]!.AsObject().Remove("resourceVersion");
            var name = ObjectCheck.Name(kind, json);
            if (store.Find(kind, ns, name) is not { } present)
            {
                Insert(kind, json, dryRun: false);
            }
            else
            {
                var status = json["status"] ?? present.Json["status"];
                var next = Next(present, json);
                if (status is not null)
                {
                    next["status"] = status.DeepClone();
                }

                Save(present, next);
            }

            return store.Find(kind, ns, name)!;
        }
    }

    private JsonObject Insert(ResourceKind kind, JsonObject json, bool dryRun)
    {
        var metadata = json["metadata"]!.AsObject();
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now();
        metadata.Remove("resourceVersion");
        metadata.Remove("deletionTimestamp");
        if (kind.CountsGeneration)
        {
            metadata["generation"] = 1;
        }

        ObjectDefaults.Fill(kind, json);
        return dryRun ? ObjectForm.Ordered(json) : store.Put(kind, json).Clone();
    }

    private JsonObject Update(StoredObject present, JsonObject json, bool status, bool dryRun)
    {
        var kind = present.Kind;
        var metadata = json["metadata"]!.AsObject();
        if ((string?)metadata["uid"] is { Length: > 0 } uid && uid != (string)present.Metadata["uid"]!)
        {
            throw ApiFailure.OtherUid(present, uid);
        }

        if ((string?)metadata["resourceVersion"] is { Length: > 0 } version && version != present.Version.ToString())
        {
            throw ApiFailure.Conflict(kind, present.Name);
        }

        JsonObject next;
        if (status)
        {
            ObjectValidation.CheckStatus(kind, json);
            next = present.Clone();
            CopyField(json, next, "status");
            CopyField(metadata, next["metadata"]!.AsObject(), "labels");
            CopyField(metadata, next["metadata"]!.AsObject(), "annotations");
        }
        else
        {
            ObjectValidation.Check(kind, json);
            next = Next(present, json);
            if (kind.HasStatus)
            {
                CopyField(present.Json, next, "status");
            }
        }

        ObjectDefaults.Fill(kind, next);
        return dryRun ? ObjectForm.Ordered(next) : Save(present, next).Clone();
    }

    /// <summary>The new content under the identity of the present object, with the generation moved on.</summary>
    private static JsonObject Next(StoredObject present, JsonObject json)
    {
        var next = json.DeepClone().AsObject();
        var metadata = next["metadata"]!.AsObject();
        foreach (var field in new[] { "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName" })
        {
            CopyField(present.Metadata, metadata, field);
        }

        if (present.Kind.CountsGeneration && !JsonNode.DeepEquals(Spec(next, present.Kind), Spec(present.Json, present.Kind)))
        {
            metadata["generation"] = (long)present.Metadata["generation"]! + 1;
        }

        return next;
    }

    private StoredObject Save(StoredObject present, JsonObject next)
    {
        if (ObjectForm.SameContent(present.Json, next))
        {
            return present;
        }

        var metadata = next["metadata"]!.AsObject();
        if (metadata.ContainsKey("deletionTimestamp") && metadata["finalizers"] is not JsonArray { Count: > 0 })
        {
            Remove(present);
            return present;
        }

        return store.Put(present.Kind, next);
    }

    /// <summary>All that generation counts: everything but identity, metadata and status.</summary>
    private static JsonObject Spec(JsonObject json, ResourceKind kind)
    {
        var spec = json.DeepClone().AsObject();
        spec.Remove("metadata");
        if (kind.HasStatus)
        {
            spec.Remove("status");
        }

        return spec;
    }

    private static void CopyField(JsonObject from, JsonObject to, string field)
    {
        if (from[field] is { } value)
        {
            to[field] = value.DeepClone();
        }
        else
        {
            to.Remove(field);
        }
    }

    private string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
