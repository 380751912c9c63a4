using System.Text;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>LIST: the present or a past state, filtered and paged.</summary>
internal sealed class ListReader(ObjectStore store, FakeApiServerOptions server, TimeProvider time)
{
    /// <summary>One page; its items are in the order of their keys.</summary>
    internal sealed record Page(IReadOnlyList<StoredObject> Items, long Version, string? Continue, long? Remaining);

    /// <exception cref="ApiFailure">400, 410 or 504.</exception>
    public async Task<Page> ReadAsync(ResourceKind kind, ListOptions options, CancellationToken stop)
    {
        await WaitForVersionAsync(options.Version, stop);
        var token = options.Continue.Length > 0 ? ContinueToken.Parse(options.Continue) : null;
        var (objects, version) = State(kind, options, token);
        var matching = objects.Where(o => options.Filter.Matches(o) && (token is null || string.CompareOrdinal(o.Key, token.After) > 0)).ToArray();
        if (options.Limit == 0 || options.Version == 0 || matching.Length <= options.Limit)
        {
            return new Page(matching, version, null, null);
        }

        var items = matching[..options.Limit];
        return new Page(
            items,
            version,
            new ContinueToken(version, items[^1].Key).ToString(),
            options.Filter.Selects ? null : matching.Length - items.Length);
    }

    /// <summary>Waits until the version is reached, at most <see cref="FakeApiServerOptions.TooNewWait"/>.</summary>
    /// <exception cref="ApiFailure">504.</exception>
    public async Task WaitForVersionAsync(long? version, CancellationToken stop)
    {
        if (version <= store.Revision || version is null)
        {
            return;
        }

        await Task.Delay(server.TooNewWait, time, stop);
        if (version > store.Revision)
        {
            throw ApiFailure.TooLargeVersion(version.Value, store.Revision);
        }
    }

    public static byte[] Body(ResourceKind kind, Page page, ObjectShape shape)
    {
        var metadata = new JsonObject { ["resourceVersion"] = page.Version.ToString() };
        if (page.Continue is not null)
        {
            metadata["continue"] = page.Continue;
        }

        if (page.Remaining is not null)
        {
            metadata["remainingItemCount"] = page.Remaining;
        }

        using var body = new MemoryStream();
        body.Write(Encoding.UTF8.GetBytes($$"""{"kind":"{{shape.ListKind(kind)}}","apiVersion":"{{shape.ListApiVersion(kind)}}","metadata":{{metadata.ToJsonString()}},{{shape.ListHead(kind)}}"{{shape.ListMember}}":["""));
        for (var i = 0; i < page.Items.Count; i++)
        {
            if (i > 0)
            {
                body.WriteByte((byte)',');
            }

            body.Write(shape.Item(page.Items[i]));
        }

        body.Write("]}\n"u8);
        return body.ToArray();
    }

    private (StoredObject[] Objects, long Version) State(ResourceKind kind, ListOptions options, ContinueToken? token)
    {
        if (token is { Version: >= 0 })
        {
            return store.ReadAt(kind, token.Version) is { } past
                ? (past, token.Version)
                : throw ApiFailure.ExpiredContinue(new ContinueToken(-1, token.After).ToString());
        }

        var exact = options.Match == "Exact" || (options.Match.Length == 0 && options.Limit > 0 && options.Version > 0);
        return exact
            ? (store.ReadAt(kind, options.Version!.Value) ?? throw ApiFailure.ExpiredList(), options.Version.Value)
            : store.Read(kind);
    }
}
